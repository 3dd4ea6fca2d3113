"""Playbook files: the shipped library, and a directory of one's own over it."""

from collections.abc import Iterator
from functools import lru_cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from pydantic import ValidationError

from services.playbooks.definitions import Playbook
from shared.errors import Invalid, NotFound
from shared.yaml_files import read_yaml

_REMEDY = "correct the file; its JSON Schema describes it"


def load(config_dir: Path | None = None) -> tuple[Playbook, ...]:
    """All playbooks, by id. A file in `config_dir`/playbooks stands for the shipped one of the same id; with
    `in_force: false` it takes it out of force. Raises Invalid, which names every file that is wrong, and the place."""
    found, wrong = gather(config_dir)
    if wrong:
        raise Invalid("; ".join(wrong), remedy=_REMEDY)
    return found


def gather(config_dir: Path | None) -> tuple[tuple[Playbook, ...], list[str]]:
    """The same of the files that are right, and what is wrong with the others."""
    found, wrong = dict[str, Playbook](), list[str]()
    for directory in _directories(config_dir):
        own = dict[str, str]()
        for file in _files(directory):
            try:
                playbook = read(file.read_bytes(), str(file))
            except Invalid as error:
                wrong.append(error.words)
                continue
            if first := own.get(playbook.id):
                wrong.append(f"{file}: {first} has the id {playbook.id!r} too, and one of them would not count")
            own.setdefault(playbook.id, str(file))
            found[playbook.id] = playbook
    return tuple(found[name] for name in sorted(found)), wrong


def read(text: bytes | str, where: str = "playbook") -> Playbook:
    """The playbook that a YAML text says. Raises Invalid."""
    try:
        return Playbook.model_validate(read_yaml(text, where))
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
        raise Invalid(f"{where}: {wrong}", remedy=_REMEDY) from error


@lru_cache(maxsize=64)
def template(name: str) -> str:
    """The text of a shipped template. Raises NotFound."""
    file = files("services.playbooks") / "templates" / f"{name}.md"
    if not file.is_file():
        raise NotFound(f"there is no template {name!r}")
    return file.read_text(encoding="utf-8")


def has_template(name: str) -> bool:
    """Whether there is a shipped template of that name."""
    return (files("services.playbooks") / "templates" / f"{name}.md").is_file()


def _directories(config_dir: Path | None) -> list[Traversable]:
    """Where playbooks lie, the shipped ones first."""
    own = [config_dir / "playbooks"] if config_dir is not None else []
    return [files("services.playbooks") / "library", *(place for place in own if place.is_dir())]


def _files(directory: Traversable) -> Iterator[Traversable]:
    found = sorted(directory.iterdir(), key=lambda entry: entry.name)
    return (file for file in found if file.name.endswith((".yaml", ".yml")))
