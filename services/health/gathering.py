"""The configuration out of its files: the shipped ones, overlaid by those of a directory of one's own."""

from collections.abc import Iterator
from importlib.resources.abc import Traversable
from pathlib import Path

from services.health.configuration import Configuration, Document, Key, configuration, document
from services.health.kinds import KINDS
from services.health.shipped import read, yaml_files
from shared.errors import Invalid


def gathered(config_dir: Path | None) -> Configuration:
    """The shipped files, overlaid by those of `config_dir`. Raises Invalid for files that are wrong by themselves."""
    whole, wrong = gather(config_dir)
    if wrong:
        raise Invalid("; ".join(wrong), "correct the files; services/health/schemas has their JSON Schemas")
    return whole


def gather(config_dir: Path | None) -> tuple[Configuration, list[str]]:
    """The same of the files that are right, and what is wrong with the others. Raises Invalid where `config_dir` is no
    directory: what ships would count, and nothing of what somebody wrote."""
    if config_dir is not None and not config_dir.is_dir():
        raise Invalid(f"STEWARD_CONFIG_DIR names {config_dir}, which is no directory", "correct it, or unset it")
    found, wrong = list[Document](), list[str]()
    for kind, file in _files(config_dir):
        try:
            found.append(document(kind, str(file), read(file)))
        except Invalid as error:
            wrong.append(error.words)
    own = [one for one in found if config_dir is not None and Path(one.where).is_relative_to(config_dir)]
    return configuration(found), [*wrong, *_called_alike(own)]


def _files(config_dir: Path | None) -> Iterator[tuple[str, Traversable]]:
    return ((kind, file) for kind in KINDS for file in yaml_files(kind, config_dir))


def _called_alike(own: list[Document]) -> Iterator[str]:
    """Files of one directory that have one name: only the last of them would count."""
    first = dict[Key, str]()
    for one in own:
        if one.key in first:
            yield f"{one.where}: {first[one.key]} has the name {one.key.name!r} too, and one of them would not count"
        first.setdefault(one.key, one.where)
