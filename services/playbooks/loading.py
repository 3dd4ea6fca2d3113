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


def load(config_dir: Path | None = None) -> tuple[Playbook, ...]:
    """All playbooks, by id. A file in `config_dir`/playbooks stands for the shipped one of the same id; with
    `in_force: false` it takes it out of force. Raises Invalid, which names the file and the place."""
    found = {playbook.id: playbook for playbook in _read_all(files("services.playbooks") / "library")}
    if config_dir is not None and (config_dir / "playbooks").is_dir():
        found |= {playbook.id: playbook for playbook in _read_all(config_dir / "playbooks")}
    return tuple(found[name] for name in sorted(found))


def read(text: bytes | str, where: str = "playbook") -> Playbook:
    """The playbook that a YAML text says. Raises Invalid."""
    try:
        return Playbook.model_validate(read_yaml(text, where))
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
        raise Invalid(f"{where}: {wrong}", remedy="correct the file; its JSON Schema describes it") from error


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


def _read_all(directory: Traversable) -> Iterator[Playbook]:
    for file in sorted(directory.iterdir(), key=lambda entry: entry.name):
        if file.name.endswith((".yaml", ".yml")):
            yield read(file.read_bytes(), str(file))
