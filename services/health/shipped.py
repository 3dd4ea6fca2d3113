"""Where health's configuration files are found: shipped with the package, overlaid by the user's own directory."""

from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from shared.errors import Invalid

Document = TypeVar("Document", bound=BaseModel)

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # ten times as fast, where libyaml is


def documents(folder: str, config_dir: Path | None) -> Iterator[tuple[str, Any]]:
    """(where it is, content) of every YAML file of `folder`: the shipped ones first, then those of `config_dir`."""
    places = [files("services.health") / folder, *([config_dir / folder] if config_dir else [])]
    for place in places:
        if not place.is_dir():
            continue
        for file in sorted(place.iterdir(), key=lambda found: found.name):
            if file.name.endswith((".yaml", ".yml")):
                yield str(file), _read(str(file), file.read_text(encoding="utf-8"))


def _read(where: str, text: str) -> Any:
    try:
        return yaml.load(text, _Loader)  # noqa: S506  # safe, either of them
    except yaml.YAMLError as error:
        raise Invalid(f"{where} is not YAML: {error}") from error


def parsed(kind: type[Document], where: str, document: Any) -> Document:
    """The document as `kind`. Raises Invalid, which names the file and every place in it that is wrong."""
    try:
        return kind.model_validate(document)
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
        raise Invalid(f"{where}: {wrong}", remedy="correct the file; `model_schema()` describes its format") from error
