"""Files as people export them: byte order marks, semicolons, line breaks in cells, broken rows."""

from pathlib import Path

import pytest

from services.ingest.reading import Row, count_lines, read_tables, row_bytes, rows_of
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
    assert b"more" in row_bytes(found[2].cells)


def test_bytes_that_are_no_letters_cost_their_row_alone(tmp_path: Path) -> None:
    found = rows(tmp_path, b"id,name\n1,M\xfcller\n2,Beta\n")
    assert reasons(found) == [(2, Reason.INVALID_PAYLOAD), (3, None)]
    assert b"udcfc" in row_bytes(found[0].cells)


def test_a_cell_beyond_all_measure_costs_its_row_alone(tmp_path: Path) -> None:
    found = rows(tmp_path, b"id,name\n1," + b"x" * 1_000_001 + b"\n2,Beta\n")
    assert reasons(found) == [(2, Reason.TOO_LARGE), (3, None)]


def test_a_misspelt_column_is_told_before_the_first_row(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="has no column naem; it has id, name"):
        rows(tmp_path, b"id,name\n1,Acme\n", needed=frozenset({"naem"}))


def test_two_columns_of_one_name_are_refused(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="two columns named id"):
        rows(tmp_path, b"id,id\n1,2\n")


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
    assert row_bytes(found[3].cells) == b'{"": "nope\\n"}'


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
    assert count_lines(tmp_path, Sheet(path="f")) == 3
