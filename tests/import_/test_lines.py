"""Files whose lines are records in a tool's own language: what comes by file and what comes live is one event."""

import json
from pathlib import Path
from typing import Any

import pytest

from services.ingest.sources.amplitude import SOURCE
from services.ingest.sources.mapping import Mapping
from shared.database import Database
from shared.errors import Invalid
from tests.import_.stories import imported, mapping, state
from tests.ingest.raw import told


def tracked(**more: Any) -> dict[str, Any]:
    return {
        "event_type": "Report Exported", "user_id": "mia", "device_id": "d", "$insert_id": "i-1",
        "event_time": "2026-07-20 21:27:58.123456", "groups": {"company": ["1"]},
    } | more  # fmt: skip


def export(directory: Path, *lines: Any) -> Mapping:
    written = [line if isinstance(line, str) else json.dumps(line) for line in lines]
    (directory / "export.json").write_text("\n".join(written) + "\n")
    return mapping({"path": "export.json", "format": "ndjson", "records": "amplitude"}, source="amplitude")


async def test_a_line_is_the_event_that_it_is_when_it_comes_live(database: Database, tmp_path: Path) -> None:
    (report,) = await imported(database, tmp_path, export(tmp_path, tracked()))
    assert (report.rows, report.taken, report.unmatched) == (1, 1, 1)
    async with database.reading() as tx:
        waiting = await tx.value("SELECT id FROM unmatched")
    assert waiting == told(SOURCE, tracked())[0].id


async def test_every_line_has_its_end(database: Database, tmp_path: Path) -> None:
    lines = (
        tracked(), tracked(), tracked(event_type="$identify"), "nope", tracked(event_time="soon"),
        tracked(event_time="2026-08-01 00:00:00", **{"$insert_id": "i-2"}),
    )  # fmt: skip
    (report,) = await imported(database, tmp_path, export(tmp_path, *lines))
    assert (report.rows, report.taken, report.duplicates) == (6, 2, 1)
    assert dict(report.skipped) == {"of a type that is of no use": 1}
    assert dict(report.rejected) == {"not_json": 1, "invalid_time": 1, "too_far_ahead": 1}
    once = await state(database)
    await imported(database, tmp_path, export(tmp_path, *lines))
    assert await state(database) == once


@pytest.mark.parametrize(
    ("source", "records", "words"), [("crm", "amplitude", "source: amplitude"), ("none", "none", "name one of")]
)
async def test_records_are_of_a_source_that_is_the_mappings_own(
    tmp_path: Path, source: str, records: str, words: str
) -> None:
    (tmp_path / "export.json").write_text("")
    wrong = mapping({"path": "export.json", "format": "ndjson", "records": records}, source=source)
    with pytest.raises(Invalid) as refused:
        await imported(None, tmp_path, wrong)
    assert words in refused.value.remedy


@pytest.mark.parametrize(
    "file",
    [{}, {"account": "id"}, {"records": "amplitude"}, {"records": "amplitude", "format": "ndjson", "account": "id"}],
)
def test_a_file_says_what_its_rows_are_in_one_way(file: dict[str, Any]) -> None:
    with pytest.raises(Invalid, match="records"):
        mapping({"path": "f"} | file)
