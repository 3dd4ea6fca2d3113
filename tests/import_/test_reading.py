"""Files as people export them: byte order marks, semicolons, line breaks in cells, broken rows."""

import datetime as dt
import gzip
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pyarrow import parquet

from services.ingest.reading import Row, measure, read_tables, rows_of
from services.ingest.sources.mapping import Sheet
from shared.errors import Invalid, NotFound, Reason
from tests.import_.stories import accounts_file, mapping


def rows(directory: Path, content: bytes, needed: frozenset[str] = frozenset(), **sheet: str) -> list[Row]:
    (directory / "f").write_bytes(content)
    return list(rows_of(directory, Sheet.model_validate({"path": "f"} | sheet), needed))


def reasons(found: list[Row]) -> list[tuple[int, Reason | None]]:
    return [(row.line, row.fault.reason if row.fault else None) for row in found]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-8", "UTF8"])
def test_a_byte_order_mark_is_no_part_of_a_name(tmp_path: Path, encoding: str) -> None:
    assert rows(tmp_path, b"\xef\xbb\xbfid,name\n1,Acme\n", encoding=encoding)[0].cells == {"id": "1", "name": "Acme"}


def test_other_encodings_and_delimiters_are_read(tmp_path: Path) -> None:
    found = rows(tmp_path, "id;name\r\n1;Müller\r\n".encode("cp1252"), encoding="cp1252", delimiter=";")
    assert found[0].cells == {"id": "1", "name": "Müller"}


def test_a_line_break_in_a_cell_is_part_of_it_and_lines_are_counted_on(tmp_path: Path) -> None:
    found = rows(tmp_path, b'id,name\n1,"Acme\nand sons"\n\n2,Beta\n')
    assert [(row.line, row.cells["name"]) for row in found] == [(2, "Acme\nand sons"), (5, "Beta")]


def test_rows_with_too_few_or_too_many_cells_are_told(tmp_path: Path) -> None:
    found = rows(tmp_path, b"id,name\n1\n2,Beta\n3,Gamma,more\n")
    assert reasons(found) == [(2, Reason.INVALID_PAYLOAD), (3, None), (4, Reason.INVALID_PAYLOAD)]
    assert b"more" in found[2].kept()


def test_bytes_that_are_no_letters_cost_their_row_alone(tmp_path: Path) -> None:
    found = rows(tmp_path, b"id,name\n1,M\xfcller\n2,Beta\n")
    assert reasons(found) == [(2, Reason.INVALID_PAYLOAD), (3, None)]
    assert b"udcfc" in found[0].kept()


def test_a_cell_beyond_all_measure_costs_its_row_alone(tmp_path: Path) -> None:
    found = rows(tmp_path, b"id,name\n1," + b"x" * 1_000_001 + b"\n2,Beta\n")
    assert reasons(found) == [(2, Reason.TOO_LARGE), (3, None)]


def test_a_misspelt_column_is_told_before_the_first_row(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="has no column naem; it has id, name"):
        rows(tmp_path, b"id,name\n1,Acme\n", needed=frozenset({"naem"}))


def test_two_columns_of_one_name_are_refused(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="two columns named id"):
        rows(tmp_path, b"id,id\n1,2\n")


def test_columns_without_a_name_are_left_aside(tmp_path: Path) -> None:
    assert [row.cells["id"] for row in rows(tmp_path, b"id,name,,\n1,Acme,,\n")] == ["1"]


def test_a_file_in_another_encoding_is_told_in_letters_that_a_terminal_shows(tmp_path: Path) -> None:
    with pytest.raises(Invalid) as told:
        rows(tmp_path, "id,name\n1,Acme\n".encode("utf-16"), needed=frozenset({"id"}))
    assert told.value.words.isprintable()
    assert "`encoding`" in told.value.remedy


def test_a_missing_file_is_told_with_a_remedy(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="cannot be read") as told:
        list(rows_of(tmp_path, Sheet(path="nope.csv")))
    assert "--dir" in told.value.remedy


def test_an_empty_file_has_no_rows(tmp_path: Path) -> None:
    assert rows(tmp_path, b"id,name\n") == []
    assert rows(tmp_path, b"") == []


def test_ndjson_is_read_line_by_line(tmp_path: Path) -> None:
    lines = b'{"id": 9007199254740993, "price": 0.1}\n\n[1]\n{"a": NaN}\nnope\n{"id": "2"}\n'
    found = rows(tmp_path, lines, format="ndjson")
    assert reasons(found) == [(1, None), (3, Reason.NOT_JSON), (4, Reason.NOT_JSON), (5, Reason.NOT_JSON), (6, None)]
    assert found[0].cells["id"] == 9007199254740993
    assert str(found[0].cells["price"]) == "0.1"
    assert found[3].kept() == b'{"": "nope\\n"}'


def test_a_number_beyond_all_reckoning_costs_its_line_alone(tmp_path: Path) -> None:
    found = rows(tmp_path, b'{"id": 1e99999999999999999999}\n{"id": 2}\n', format="ndjson")
    assert reasons(found) == [(1, Reason.NOT_JSON), (2, None)]


def test_a_line_without_end_is_told(tmp_path: Path) -> None:
    found = rows(tmp_path, b'{"a": ' + b"[" * 5_000 + b"]" * 5_000 + b'}\n{"id": "2"}\n', format="ndjson")
    assert reasons(found) == [(1, Reason.NOT_JSON), (2, None)]


def test_a_long_list_is_no_line_without_end(tmp_path: Path) -> None:
    (found,) = rows(tmp_path, b'{"a": [' + b"{}," * 1_000 + b"{}]}\n", format="ndjson")
    assert len(found.cells["a"]) == 1_001


def test_tables_are_read_by_their_key_and_must_have_their_columns(tmp_path: Path) -> None:
    (tmp_path / "managers.csv").write_text("id,mail\n 1 ,ada@example.com\n")
    owner = {"name": "name", "owner": {"column": "owner", "lookup": "managers.mail"}}
    tables = {"managers": {"path": "managers.csv", "key": "id"}}
    read = read_tables(tmp_path, mapping(accounts_file(fields=owner), tables=tables))
    assert read["managers"]["1"]["mail"] == "ada@example.com"
    owner["owner"] = {"column": "owner", "lookup": "managers.email"}
    with pytest.raises(Invalid, match="no column email"):
        read_tables(tmp_path, mapping(accounts_file(fields=owner), tables=tables))


def test_lines_are_counted_for_progress(tmp_path: Path) -> None:
    (tmp_path / "f").write_text("id\n1\n2\n")
    assert measure(tmp_path, Sheet(path="f")).lines == 3


def test_a_line_beyond_all_measure_costs_its_line_alone(tmp_path: Path) -> None:
    found = rows(tmp_path, b'{"a": "' + b"x" * 3_000_000 + b'"}\n{"id": "2"}\n', format="ndjson")
    assert reasons(found) == [(1, Reason.TOO_LARGE), (2, None)]


# --- packed files, Parquet ----------------------------------------------------------------------------


def test_packed_files_are_read_as_they_come(tmp_path: Path) -> None:
    (tmp_path / "f.csv.gz").write_bytes(gzip.compress(b"id,name\n1,Acme\n"))
    sheet = Sheet(path="f.csv.gz")
    assert [row.cells for row in rows_of(tmp_path, sheet)] == [{"id": "1", "name": "Acme"}]
    assert measure(tmp_path, sheet).lines == 2


@pytest.mark.parametrize("content", [b"id\n1\n", gzip.compress(b"id\n" * 99_999)[:-9]])
def test_a_packed_file_that_is_none_or_breaks_off_is_told(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "f.csv.gz").write_bytes(content)
    with pytest.raises(Invalid, match="gzip"):
        list(rows_of(tmp_path, Sheet(path="f.csv.gz")))
    with pytest.raises(Invalid, match="gzip"):
        measure(tmp_path, Sheet(path="f.csv.gz"))


def parquet_file(directory: Path, **columns: Any) -> Sheet:
    """A file f with these columns."""
    parquet.write_table(pa.table(columns), directory / "f", row_group_size=2)
    return Sheet(path="f", format="parquet")


def test_parquet_cells_are_what_json_can_say(tmp_path: Path) -> None:
    sheet = parquet_file(
        tmp_path,
        id=pa.array([1.0, None, 3.0]),
        amount=pa.array([Decimal("10.50"), None, Decimal("0.01")]),
        day=pa.array([dt.date(2026, 1, 31), None, dt.date(2026, 2, 1)]),
        at=pa.array([1_769_850_000_123_456_789, None, 0], pa.timestamp("ns", "UTC")),
        rate=pa.array([0.5, float("nan"), 2.0]),
        active=[True, None, False],
        name=["Müller", None, ""],
        customer=[{"id": 7}, None, {"id": 9007199254740993}],
        tags=[["a"], None, []],
    )
    first, empty, _ = rows_of(tmp_path, sheet)
    assert first.cells == {
        "id": 1, "amount": Decimal("10.50"), "day": "2026-01-31", "at": "2026-01-31T09:00:00.123456+00:00", "rate": 0.5,
        "active": True, "name": "Müller", "customer": {"id": 7}, "tags": ["a"],
    }  # fmt: skip
    assert set(empty.cells.values()) == {None}
    assert (first.line, empty.line, measure(tmp_path, sheet).lines) == (1, 2, 3)
    assert b"M\xc3\xbcller" in first.kept()


def test_a_parquet_file_must_have_the_mappings_columns_also_inside_others(tmp_path: Path) -> None:
    sheet = parquet_file(tmp_path, customer=[{"id": 7}])
    assert len(list(rows_of(tmp_path, sheet, frozenset({"customer.id"})))) == 1
    with pytest.raises(Invalid, match="has no column nmae"):
        list(rows_of(tmp_path, sheet, frozenset({"nmae"})))


@pytest.mark.parametrize("content", [b"", b"id,name\n1,Acme\n", b"PAR1" + b"x" * 90 + b"PAR1"])
def test_what_is_no_parquet_is_told(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(Invalid, match="is not Parquet"):
        rows(tmp_path, content, format="parquet")
    with pytest.raises(NotFound):
        list(rows_of(tmp_path, Sheet(path="nope", format="parquet")))
