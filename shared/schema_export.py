"""The published JSON Schemas of what travels on the topics, exported from the contracts. A test keeps them alike.

`python -m shared.schema_export` writes them into shared/schemas.
"""

import json
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from shared import contracts

PUBLISHED: dict[str, type[BaseModel]] = {
    "cloudevent": contracts.CloudEvent,
    **{kind: payload for kind, (_, payload) in contracts.NATIVE.items()},
    "accounts.changed": contracts.AccountsChanged,
    "health.crossing": contracts.Crossing,
    "health.signal": contracts.Signal,
    "health.transition": contracts.Transition,
    "health.override": contracts.OverrideChanged,
    "playbook.event": contracts.PlaybookEvent,
}
"""File name without its ending → the contract."""

DIRECTORY = Path(__file__).parent / "schemas"


def schema(name: str) -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of one contract, as a sender must write it."""
    described = PUBLISHED[name].model_json_schema(mode="validation")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"{name}.json",
        **described,
        "title": name,
    }


def export(directory: Path) -> list[Path]:
    """Writes every schema into `directory`; the files, by name."""
    directory.mkdir(parents=True, exist_ok=True)
    files = []
    for name in sorted(PUBLISHED):
        file = directory / f"{name}.json"
        file.write_text(json.dumps(schema(name), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        files.append(file)
    return files


if __name__ == "__main__":
    export(DIRECTORY)
