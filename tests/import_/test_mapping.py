"""A mapping is checked whole before the first row is read."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from services.cli.importing import load_mapping
from services.ingest.sources.mapping import kind_of, mapping_schema, parse_mapping
from shared.errors import Invalid
from tests.import_.stories import accounts_file, mapping, usage_file

EXAMPLE = Path(__file__).parents[2] / "examples" / "flowstack" / "mapping.yaml"


def test_the_example_is_a_mapping_and_fits_the_published_schema() -> None:
    load_mapping(EXAMPLE)
    jsonschema.validate(yaml.safe_load(EXAMPLE.read_text("utf-8")), json.loads(json.dumps(mapping_schema())))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"type": "account.renamed"}, "there is no event type 'account.renamed'"),
        ({"fields": {"nam": "name"}}, "account.updated has no field nam"),
        ({"type": "usage.reported", "fields": {}}, "usage.reported needs period_end, period_start"),
        ({"fields": {"name": {"column": "a", "constant": "b"}}}, "name exactly one of"),
        ({"fields": {"name": {"map": {"a": "b"}}}}, "name exactly one of"),
        ({"fields": {"owner": {"column": "m", "lookup": "managers"}}}, "lookup is written table.column"),
        ({"fields": {"owner": {"column": "m", "lookup": "managers.email"}}}, "which `tables` does not declare"),
        ({"when": [{"column": "a"}]}, "say what must hold"),
        (
            {"fields": {"external_ids": "ids", "external_ids.stripe": "s"}},
            "external_ids is named whole, and a part of it",
        ),
        ({"occurred_at": {"column": "since", "formats": ["DD-MM-YYYY"]}}, "'DD-MM-YYYY' is no way to write a time"),
        ({"occurred_at": {"column": "since", "formats": ["%Q"]}}, "'Q' is a bad directive"),
        ({"occured_at": "since"}, "Extra inputs are not permitted"),
    ],
)
def test_a_fault_of_the_mapping_is_told_before_the_first_row(change: dict[str, Any], words: str) -> None:
    with pytest.raises(Invalid, match=words.replace("`", ".")):
        mapping(accounts_file(**change))


def test_all_faults_are_told_at_once_and_where_they_stand() -> None:
    with pytest.raises(Invalid) as told:
        mapping(accounts_file(type="nope"), usage_file() | {"time_zone": "Mars/Olympus"})
    assert "files.0.events.0" in told.value.words
    assert "files.1.time_zone" in told.value.words


def test_times_without_an_offset_ask_for_a_zone() -> None:
    naive = accounts_file(occurred_at={"column": "since", "formats": ["%d-%m-%Y"]})
    with pytest.raises(Invalid, match="say time_zone"):
        parse_mapping({"source": "crm", "files": [naive]})
    parse_mapping({"source": "crm", "files": [naive | {"time_zone": "Europe/Berlin"}]})


def test_dates_without_a_time_ask_for_none() -> None:
    offset = {"column": "since", "formats": ["%Y-%m-%dT%H:%M:%S%z"]}
    file = accounts_file(occurred_at=offset, fields={"customer_since": {"column": "d", "formats": ["%d.%m.%Y"]}})
    parse_mapping({"source": "crm", "files": [file]})


def test_several_events_of_a_row_need_names() -> None:
    file = accounts_file()
    with pytest.raises(Invalid, match="names of their own"):
        mapping(file | {"events": file["events"] * 2})


@pytest.mark.parametrize(
    ("type", "field", "kind"),
    [
        ("ticket.updated", "opened_at", "instant"),
        ("ticket.updated", "resolved_at", "instant"),
        ("ticket.updated", "satisfaction", "number"),
        ("ticket.updated", "escalated", "text"),
        ("usage.reported", "period_start", "date"),
        ("usage.reported", "active_people", "number"),
        ("usage.reported", "features_used", "list"),
        ("subscription.updated", "amount", "number"),
        ("subscription.updated", "interval", "text"),
        ("account.updated", "external_ids.stripe", "text"),
    ],
)
def test_the_contract_says_what_a_field_holds(type: str, field: str, kind: str) -> None:
    assert kind_of(type, field) == kind


def test_a_file_that_is_no_yaml_is_refused_in_words(tmp_path: Path) -> None:
    broken = tmp_path / "mapping.yaml"
    broken.write_text("files: [")
    with pytest.raises(Invalid, match="is not YAML"):
        load_mapping(broken)
