"""`steward import --guess`: a first mapping that loads, can be tried and says why; two meanings are left open."""

import csv
import gzip
import json
from pathlib import Path

import pyarrow as pa
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from services.cli.guess import guess_mapping
from services.ingest.sources.mapping import FileMapping, parse_mapping
from shared.errors import Invalid, NotFound
from tests.cli.conftest import Steward
from tests.import_.stories import imported
from tests.import_.test_flowstack import FILES


def guessed(directory: Path, name: str, content: str | bytes) -> tuple[FileMapping, str]:
    """(the file of the mapping that was guessed, its text)."""
    (directory / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    text = guess_mapping(directory / name)
    return parse_mapping(yaml.safe_load(text)).files[0], text


@pytest.mark.parametrize(
    ("stem", "type"),
    [
        ("customers", "account.updated"),
        ("subscriptions", "subscription.updated"),
        ("usage_logs", "usage.reported"),
        ("support_tickets", "ticket.updated"),
    ],
)
async def test_what_is_guessed_of_an_export_can_be_tried_as_it_is(tmp_path: Path, stem: str, type: str) -> None:
    _, text = guessed(tmp_path, f"{stem}.csv", FILES[stem])
    mapping = parse_mapping(yaml.safe_load(text))
    (report,) = await imported(None, tmp_path, mapping)
    assert mapping.files[0].events[0].type == type
    assert report.rows == report.taken + sum(report.rejected.values())
    assert set(report.rejected) <= {"too_far_ahead"}


def test_ids_days_addresses_amounts_and_booleans_are_told_apart(tmp_path: Path) -> None:
    content = (
        "Account ID;Company Name;Owner E-Mail;ARR;Strategic;Customer since\n"
        "A-1;Müller;ada@example.com;1.234,50;TRUE;31-01-2024\nA-2;Beta;bo@example.com;10,00;FALSE;01-02-2024\n"
    )
    file, text = guessed(tmp_path, "export.csv", content.encode("cp1252"))
    assert (file.encoding, file.delimiter) == ("cp1252", ";")
    fields = file.events[0].fields
    assert file.account is not None
    assert file.account.column == "Account ID"
    assert fields["arr"].decimal_comma
    assert fields["owner"].column == "Owner E-Mail"
    assert fields["customer_since"].formats == ["%d-%m-%Y"]
    assert "boolean, e.g. TRUE, FALSE" in text
    assert "this mapping takes 2." in text


DAYS = "ticket_id,account_id,created_at,status\n1,A,{},open\n2,B,05/06/2026,Weird\n"


def test_a_day_with_two_meanings_is_not_guessed(tmp_path: Path) -> None:
    file, text = guessed(tmp_path, "tickets.csv", DAYS.format("03/04/2026"))
    assert file.events[0].fields["opened_at"].exported_at
    assert "AMBIGUOUS: every value is a time as %d/%m/%Y and as %m/%d/%Y" in text


def test_one_day_that_has_a_single_meaning_tells_for_all(tmp_path: Path) -> None:
    file, _ = guessed(tmp_path, "tickets.csv", DAYS.format("13/04/2026"))
    assert file.events[0].fields["opened_at"].formats == ["%d/%m/%Y"]
    file, _ = guessed(tmp_path, "tickets.csv", DAYS.format("04/13/2026"))
    assert file.events[0].fields["opened_at"].formats == ["%m/%d/%Y"]


def test_when_a_ticket_opened_is_not_when_its_row_was_exported(tmp_path: Path) -> None:
    file, _ = guessed(tmp_path, "support_tickets.csv", FILES["support_tickets"])
    assert file.events[0].fields["opened_at"].column == "ticket_created_date"


INVOICES = "invoice_id,account_id,status,amount,issued_at,paid_at{}\n1,A,paid,10,2026-01-31,2026-03-01{}\n"


def test_a_row_that_changes_is_not_dated_by_its_beginning_without_a_word(tmp_path: Path) -> None:
    file, text = guessed(tmp_path, "invoices.csv", INVOICES.format("", ""))
    (dated,) = [line for line in text.splitlines() if "occurred_at: " in line]
    assert file.events[0].occurred_at.column == "issued_at"
    assert (
        "# CHECK: tells when the row began, and its status of today will read as if it had been so from then" in dated
    )
    file, text = guessed(tmp_path, "invoices.csv", INVOICES.format(",updated_at", ",2026-03-01"))
    assert file.events[0].occurred_at.column == "updated_at"
    assert "tells when the row began" not in text


def test_words_of_a_closed_list_are_mapped_and_strange_ones_pointed_out(tmp_path: Path) -> None:
    file, text = guessed(tmp_path, "tickets.csv", DAYS.format("2026-01-31"))
    assert file.events[0].fields["status"].map == {"open": "open", "Weird": None}
    assert "CHECK: no word of ours was found for Weird" in text


def test_objects_inside_lines_are_reached_by_their_path(tmp_path: Path) -> None:
    line = {"event_id": "e", "user": {"id": "u"}, "org": {"org_id": "a"}, "feature": "x", "timestamp": 1_795_210_078}
    file, _ = guessed(tmp_path, "events.ndjson", "\n".join(json.dumps(line | {"event_id": n}) for n in range(3)))
    assert file.account is not None
    assert (file.format, file.account.column) == ("ndjson", "org.org_id")
    assert file.events[0].fields["person_id"].column == "user.id"
    assert file.events[0].occurred_at.formats == ["unix_s"]


def test_parquet_is_guessed_too(tmp_path: Path) -> None:
    days = pa.array([20454, 20485], pa.date32())
    table = pa.table({"account_id": ["a", "b"], "month": days, "active_users": [1.0, None]})
    parquet.write_table(table, tmp_path / "usage.parquet")
    text = guess_mapping(tmp_path / "usage.parquet")
    file = parse_mapping(yaml.safe_load(text)).files[0]
    assert (file.format, file.events[0].type) == ("parquet", "usage.reported")
    assert file.events[0].fields["period_end"].plus_days == 29


def test_a_spreadsheets_unicode_text_is_read_as_what_its_first_bytes_say(tmp_path: Path) -> None:
    file, _ = guessed(tmp_path, "accounts.csv", "account_id\tname\r\n1\tMüller\r\n".encode("utf-16"))
    assert (file.encoding, file.delimiter) == ("utf-16", "\t")
    assert file.account is not None
    assert file.account.column == "account_id"


def test_a_packed_file_that_breaks_off_is_told(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="breaks off"):
        guessed(tmp_path, "accounts.csv.gz", gzip.compress(b"id,name\n1,Acme\n")[:-5])


@pytest.mark.parametrize("content", ["", "id,name\n"])
def test_a_file_without_rows_gives_nothing_to_guess_from(tmp_path: Path, content: str) -> None:
    with pytest.raises(Invalid, match="no rows"):
        guessed(tmp_path, "accounts.csv", content)


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        guess_mapping(tmp_path / "nope.csv")


names = st.sampled_from(
    ["id", "account_id", "name", "status", "amount", "created_at", "email", "a: b", "{x}", "# y", "ü", "score", "month"]
)
cells = st.sampled_from(
    ["", "1", "2", "A", "TRUE", "no", "1,50", "03/04/2026", "2026-01-31", "a@b.example", "{", "x: y", "null"]
)


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(header=st.lists(names | st.text(max_size=5), min_size=1, max_size=6, unique_by=str.strip), data=st.data())
async def test_whatever_is_guessed_loads_and_can_be_tried(
    tmp_path: Path, header: list[str], data: st.DataObject
) -> None:
    width = len(header)
    lines = data.draw(st.lists(st.lists(cells | st.text(max_size=4), min_size=width, max_size=width), max_size=5))
    with (tmp_path / "some.csv").open("w", newline="", encoding="utf-8", errors="replace") as file:
        csv.writer(file).writerows([header, *lines])
    try:
        text = guess_mapping(tmp_path / "some.csv")
    except Invalid as told:
        if "no rows" in told.words or "two columns" in told.words:
            return
        raise
    await imported(None, tmp_path, parse_mapping(yaml.safe_load(text)))


def test_it_is_written_to_standard_output(steward: Steward, tmp_path: Path) -> None:
    (tmp_path / "customers.csv").write_text(FILES["customers"])
    said = steward("import", "--guess", str(tmp_path / "customers.csv"))
    assert said.exit_code == 0
    assert parse_mapping(yaml.safe_load(said.stdout)).source == "customers"
    assert steward("import").exit_code == 2
