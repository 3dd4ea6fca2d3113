"""docs/events.md, the published schemas and the contracts say the same."""

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from services.ingest.sources import translate
from shared.contracts import NATIVE, SOURCE_TOPICS, CloudEvent, Topic
from shared.native import decode_body
from shared.schema_export import DIRECTORY, PUBLISHED, export
from tests.ingest.stories import record, structured

PAGE = (Path(__file__).parents[2] / "docs" / "events.md").read_text(encoding="utf-8")
INNER_ROW = re.compile(r"^\| `(\w+)\[\]\.(\w+)` \| (.*?) \| .*?\|$", re.M)
ROW = re.compile(r"^\| `(\w+)` \| (yes|no) \| (.*?) \| (.*?) ?\|$", re.M)


def sections(level: str, text: str) -> dict[str, str]:
    """Heading → what stands below it, up to the next heading of its level or above."""
    parts = re.split(rf"^{level} (.+)$", text, flags=re.M)[1:]
    above = re.compile(rf"^#{{1,{len(level) - 1}}} ", re.M)
    return {title: above.split(body)[0] for title, body in zip(parts[::2], parts[1::2], strict=True)}


TOPICS = sections("##", PAGE)
TYPES = {
    title.strip("`"): (topic, body)
    for topic in SOURCE_TOPICS
    for title, body in sections("###", TOPICS[topic]).items()
}  # fmt: skip


def example(kind: str) -> dict[str, Any]:
    (block,) = re.findall(r"```json\n(.*?)```", TYPES[kind][1], re.S)
    payload: dict[str, Any] = json.loads(block)
    return payload


def test_every_type_stands_under_its_topic() -> None:
    assert {kind: topic for kind, (topic, _) in TYPES.items()} == {kind: topic for kind, (topic, _) in NATIVE.items()}


@pytest.mark.parametrize("kind", NATIVE)
def test_every_field_is_described_and_no_other(kind: str) -> None:
    described = {name: required == "yes" for name, required, _, _ in ROW.findall(TYPES[kind][1])}
    assert described == {name: field.is_required() for name, field in NATIVE[kind][1].model_fields.items()}


def inner_fields(kind: str) -> dict[tuple[str, str], bool]:
    """(list, field of its objects) → whether it is required, by the contract."""
    schema = NATIVE[kind][1].model_json_schema()
    found = {}
    for name, field in schema["properties"].items():
        for part in (field, *field.get("anyOf", ())):
            if reference := part.get("items", {}).get("$ref"):
                inner = schema["$defs"][reference.rsplit("/", 1)[1]]
                required = inner.get("required", ())
                found |= {(name, own): own in required for own in inner["properties"]}
    return found


@pytest.mark.parametrize("kind", NATIVE)
def test_every_field_inside_a_list_is_described_and_shown(kind: str) -> None:
    described = {(outer, own): "required" in type_ for outer, own, type_ in INNER_ROW.findall(TYPES[kind][1])}
    assert described == inner_fields(kind)
    shown = example(kind)
    for outer in {outer for outer, _ in described}:
        assert list(shown[outer][0]) == [own for name, own in described if name == outer]


@pytest.mark.parametrize("kind", NATIVE)
def test_every_default_and_every_choice_is_named(kind: str) -> None:
    schema = NATIVE[kind][1].model_json_schema()
    for name, _, type_, meaning in ROW.findall(TYPES[kind][1]):
        field = schema["properties"][name]
        choices = [choice for part in (field, *field.get("anyOf", ())) for choice in part.get("enum", ())]
        assert not choices or re.findall(r"`(\w+)`", type_) == choices
        if field.get("default") is not None:
            default = field["default"]
            assert f"default {json.dumps(default).strip(chr(34))}" in meaning.replace("`", ""), name


@pytest.mark.parametrize("kind", NATIVE)
def test_every_example_shows_all_fields_and_is_accepted(kind: str) -> None:
    payload = example(kind)
    assert list(payload) == list(NATIVE[kind][1].model_fields)
    assert decode_body(kind, json.dumps(payload).encode()) == translate(record(kind, payload))[0].body


@pytest.mark.parametrize("kind", NATIVE)
def test_every_example_fits_its_published_schema(kind: str) -> None:
    schema = json.loads((DIRECTORY / f"{kind}.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(example(kind), schema)


def test_the_published_schemas_are_those_of_the_contracts(tmp_path: Path) -> None:
    fresh = {file.name: file.read_text(encoding="utf-8") for file in export(tmp_path)}
    published = {file.name: file.read_text(encoding="utf-8") for file in DIRECTORY.glob("*.json")}
    assert published == fresh, "run `python -m shared.schema_export`"
    assert {name.removesuffix(".json") for name in published} == set(PUBLISHED)


TOLD = {
    title.strip("`"): body
    for topic in Topic
    if topic not in SOURCE_TOPICS
    for title, body in sections("###", TOPICS[topic]).items()
}  # fmt: skip


def test_everything_that_steward_tells_is_described_and_no_other() -> None:
    assert TOLD.keys() == PUBLISHED.keys() - NATIVE.keys() - {"cloudevent"}


@pytest.mark.parametrize("kind", TOLD)
def test_every_field_of_what_steward_tells_is_described_and_no_other(kind: str) -> None:
    described = re.findall(r"^\| `(\w+)` \|", TOLD[kind], re.M)
    published = json.loads((DIRECTORY / f"{kind}.json").read_text(encoding="utf-8"))
    assert described == list(published["properties"])


@pytest.mark.parametrize("kind", TOLD)
def test_the_example_of_what_steward_tells_shows_all_fields_and_fits_its_schema(kind: str) -> None:
    (block,) = re.findall(r"```json\n(.*?)```", TOLD[kind], re.S)
    schema = json.loads((DIRECTORY / f"{kind}.json").read_text(encoding="utf-8"))
    jsonschema.validate(json.loads(block), schema)
    assert list(json.loads(block)) == list(schema["properties"])


def test_every_attribute_of_the_envelope_is_described() -> None:
    described = set(re.findall(r"^\| `(\w+)` \| (?:yes|no) \|", TOPICS["The envelope"], re.M))
    assert described == set(CloudEvent.model_fields) - {"data"}


def test_both_modes_of_the_page_are_one_event() -> None:
    on_kafka = sections("###", TOPICS["The envelope"])["On Kafka"]
    (binary,) = re.findall(r"```text\n(.*?)```", on_kafka, re.S)
    (whole,) = re.findall(r"```json\n(.*?)```", on_kafka, re.S)
    headers = dict(re.findall(r"(ce_\w+|content-type): (\S+)", binary))
    value = re.findall(r"^value\s+(.*)$", binary, re.M)[0].encode()
    (told,) = translate(record("usage.recorded", None, value=value, **headers))
    assert (told,) == translate(structured(json.loads(whole), "product.events"))


def test_the_fast_bodies_know_every_field_of_their_contracts() -> None:
    for kind in ("usage.recorded", "login.recorded"):
        body = decode_body(kind, json.dumps(example(kind)).encode())
        assert body.__struct_fields__ == tuple(NATIVE[kind][1].model_fields)


def test_links_inside_the_page_lead_somewhere() -> None:
    headings = {
        re.sub(r"[^\w -]", "", title).lower().replace(" ", "-") for title in re.findall(r"^#+ (.+)$", PAGE, re.M)
    }
    assert set(re.findall(r"\]\(#([^)]+)\)", PAGE)) <= headings
