"""The JSON Schemas of health's configuration files, exported from their types. A test keeps them alike.

`python -m services.health.schema_export` writes them into services/health/schemas.
"""

import json
from pathlib import Path

from services.health.kinds import KINDS

DIRECTORY = Path(__file__).parent / "schemas"


def export(directory: Path) -> list[Path]:
    """Writes the schema (draft 2020-12) of every kind of file into `directory`; the files, by name."""
    directory.mkdir(parents=True, exist_ok=True)
    files = []
    for kind, described in sorted(KINDS.items()):
        file = directory / f"{kind}.json"
        whole = {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": f"{kind}.json"}
        whole |= described.model_json_schema()
        file.write_text(json.dumps(whole, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        files.append(file)
    return files


if __name__ == "__main__":
    export(DIRECTORY)
