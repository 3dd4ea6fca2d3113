"""The table of settings in docs/operations.md, made from the settings: `python -m tests.deploy.settings_table`."""

import json
import re
from pathlib import Path
from typing import Any, get_args, get_origin

from pydantic import SecretStr
from pydantic.fields import FieldInfo

from shared.settings import Settings
from tests.deploy.checkout import ROOT

PAGE = ROOT / "docs" / "operations.md"
_BETWEEN = re.compile(r"(<!-- settings: [^\n]*-->\n).*?(<!-- end of settings -->)", re.S)


def table() -> str:
    """Every setting with its kind, its default and what it means, in the order of the settings."""
    rows = [_row(name, field) for name, field in Settings.model_fields.items()]
    return "\n".join(["| variable | kind | default | meaning |", "| --- | --- | --- | --- |", *rows, ""])


def with_table(page: str) -> str:
    """The page with the table in its place."""
    return _BETWEEN.sub(lambda found: found[1] + table() + found[2], page)


def _row(name: str, field: FieldInfo) -> str:
    cells = (f"`STEWARD_{name.upper()}`", _kind(field), _default(field.get_default()), _meaning(field))
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _kind(field: FieldInfo) -> str:
    annotation: Any = field.annotation
    options = [one for one in get_args(annotation) if one is not type(None)]
    if options and all(isinstance(option, str) for option in options):
        return ", ".join(f"`{option}`" for option in options)
    plain = (
        options[0] if options and get_origin(annotation) not in (list, dict) else get_origin(annotation) or annotation
    )
    words = {SecretStr: "secret", Path: "path", str: "text", bool: "yes or no", list: "JSON list", dict: "JSON object"}
    return words.get(plain, "number") + _bounds(field)


def _bounds(field: FieldInfo) -> str:
    """Inclusive bounds, where there are any."""
    found = {name: getattr(rule, name) for rule in field.metadata for name in ("ge", "gt", "le") if hasattr(rule, name)}
    words = {"ge": "from", "gt": "above", "le": "to"}
    return "".join(f" {words[name]} {value:,}" for name, value in found.items())


def _default(value: Any) -> str:
    if value is None:
        return "unset"
    return f"`{json.dumps(value) if isinstance(value, bool | list | dict) else value}`"


def _meaning(field: FieldInfo) -> str:
    assert field.description, "every setting says what it means"
    return field.description


if __name__ == "__main__":
    PAGE.write_text(with_table(PAGE.read_text("utf-8")), "utf-8")
