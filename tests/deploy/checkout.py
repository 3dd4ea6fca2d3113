"""The checkout's files, for tests that compare them with the code."""

from pathlib import Path
from typing import Any

import yaml

from shared.settings import Settings

ROOT = Path(__file__).resolve().parent.parent.parent


def text(path: str) -> str:
    """A file's text, by its path in the checkout."""
    return (ROOT / path).read_text("utf-8")


def yaml_of(path: str) -> Any:
    """A YAML file's content."""
    return yaml.safe_load(text(path))


def setting_variables() -> set[str]:
    """The STEWARD_… variables that the settings know."""
    return {f"STEWARD_{name.upper()}" for name in Settings.model_fields}


def commands() -> set[tuple[str, ...]]:
    """Every command line that `steward` knows, such as ("topics", "create")."""
    from typer.main import get_command  # noqa: PLC0415  # the composition root is heavy

    from services.cli.app import app  # noqa: PLC0415

    return set(_paths(get_command(app), ()))


def _paths(command: Any, path: tuple[str, ...]) -> list[tuple[str, ...]]:
    below = getattr(command, "commands", None)
    if below is None:
        return [path]
    return [found for name, one in below.items() for found in _paths(one, (*path, name))]
