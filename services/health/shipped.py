"""Where health's configuration files are found: shipped with the package, overlaid by the user's own directory."""

from collections.abc import Collection, Iterator
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from shared.errors import Invalid
from shared.yaml_files import read_yaml

Document = TypeVar("Document", bound=BaseModel)

_ENDINGS = (".yaml", ".yml")


def documents(folder: str, config_dir: Path | None) -> Iterator[tuple[str, Any]]:
    """(where it is, content) of every YAML file of `folder`: the shipped ones first, then those of `config_dir`. Raises
    Invalid for one that cannot be read."""
    for file in yaml_files(folder, config_dir):
        yield str(file), read(file)


def yaml_files(folder: str, config_dir: Path | None) -> Iterator[Traversable]:
    """Every YAML file of `folder`: the shipped ones first, then those of `config_dir`."""
    places = [files("services.health") / folder, *([config_dir / folder] if config_dir else [])]
    for place in places:
        if place.is_dir():
            yield from sorted((f for f in place.iterdir() if f.name.endswith(_ENDINGS)), key=lambda found: found.name)


def read(file: Traversable) -> Any:
    """What a YAML file says. Raises Invalid."""
    return read_yaml(file.read_bytes(), str(file))


def unread(config_dir: Path, folders: Collection[str]) -> list[Path]:
    """The YAML files of `config_dir` that lie in none of the folders, hidden ones aside: nobody would read them."""
    found = (file.relative_to(config_dir) for ending in _ENDINGS for file in config_dir.rglob(f"*{ending}"))
    return sorted(
        file for file in found
        if str(file.parent) not in folders and not any(part.startswith(".") for part in file.parts)
    )  # fmt: skip


def parsed(kind: type[Document], where: str, document: Any) -> Document:
    """The document as `kind`. Raises Invalid, which names the file and every place in it that is wrong."""
    try:
        return kind.model_validate(document)
    except ValidationError as error:
        wrong = "; ".join(_wrong(".".join(map(str, e["loc"])), e["msg"]) for e in error.errors())
        raise Invalid(f"{where}: {wrong}", "correct the file; services/health/schemas has the JSON Schemas") from error


def _wrong(place: str, words: str) -> str:
    """What is wrong at a place; of a whole file there is none."""
    told = words.removeprefix("Value error, ")
    return f"{place}: {told}" if place else told
