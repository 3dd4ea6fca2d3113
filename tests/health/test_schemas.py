"""The JSON Schemas of configuration files: as the types say, and fit for every file that is shipped."""

import json
from importlib.resources import files
from pathlib import Path

import jsonschema
import pytest
import yaml

from services.health.kinds import KINDS
from services.health.schema_export import DIRECTORY, export


def test_the_published_schemas_are_those_of_the_types(tmp_path: Path) -> None:
    fresh = {file.name: file.read_text(encoding="utf-8") for file in export(tmp_path)}
    published = {file.name: file.read_text(encoding="utf-8") for file in DIRECTORY.glob("*.json")}
    assert published == fresh, "run `python -m services.health.schema_export`"


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_shipped_file_fits_its_schema(kind: str) -> None:
    schema = json.loads((DIRECTORY / f"{kind}.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    shipped = [file for file in (files("services.health") / kind).iterdir() if file.name.endswith(".yaml")]
    assert shipped
    for file in shipped:
        jsonschema.validate(yaml.safe_load(file.read_text(encoding="utf-8")), schema)
