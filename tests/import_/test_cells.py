"""From cells to values: one line a quirk."""

import contextlib
import datetime as dt
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.ingest.sources.cells import Export, holds, instant, read, same
from services.ingest.sources.values import Condition, Kind, Value
from shared.clock import UTC, to_us
from shared.errors import Reason, Rejection
from tests.import_.stories import NOW

TABLES = {"plans": {"3": {"name": "Business", "price": "199"}}}
HERE = Export(to_us(NOW), ZoneInfo("UTC"), TABLES)


def value(**said: Any) -> Value:
    return Value.model_validate(said)


@pytest.mark.parametrize(
    ("said", "cell", "kind", "wanted"),
    [
        ({}, "  Ada ", "text", "Ada"),
        ({}, "", "text", None),
        ({}, None, "text", None),
        ({}, 4117, "text", "4117"),
        ({}, True, "text", True),
        ({}, "FALSE", "text", "FALSE"),
        ({"default": "?"}, " ", "text", "?"),
        ({"map": {"usa": "US"}}, "USA", "text", "US"),
        ({"map": {"true": "yes"}}, "TRUE", "text", "yes"),
        ({"map": {"n/a": None}}, "N/A", "text", None),
        ({"map": {}, "otherwise": "other"}, "USA", "text", "other"),
        ({"lookup": "plans.name"}, "3", "text", "Business"),
        ({"lookup": "plans.name", "default": "none"}, "9", "text", "none"),
        ({"lookup": "plans.price", "times": 12}, "3", "number", "2388"),
        ({"times": -0.01, "plus": 1}, "15", "number", "0.85"),
        ({}, "594.320", "number", "594.32"),
        ({}, "1,234,567.5", "number", "1234567.5"),
        ({"decimal_comma": True}, "1.234,56", "number", "1234.56"),
        ({"decimal_comma": True}, "12,5", "number", "12.5"),
        ({}, "1e3", "number", "1000"),
        ({}, "0", "number", "0"),
        ({}, "2026-01-31", "date", "2026-01-31"),
        ({}, "2026-01-31 23:30:00", "date", "2026-01-31"),
        ({"formats": ["%d-%m-%Y"]}, "31-01-2026", "date", "2026-01-31"),
        ({"formats": ["%d-%m-%Y", "%d/%m/%y"]}, "31/01/26", "date", "2026-01-31"),
        ({"plus_days": 29}, "2026-01-31", "date", "2026-03-01"),
        ({}, "2026-01-31T09:00:00+02:00", "instant", "2026-01-31T07:00:00+00:00"),
        ({}, "2026-01-31", "instant", "2026-01-31T00:00:00+00:00"),
        ({"formats": ["unix_s"]}, "1769850000", "instant", "2026-01-31T09:00:00+00:00"),
        ({"formats": ["unix_ms"]}, "1769850000500", "instant", "2026-01-31T09:00:00.500000+00:00"),
        ({"separator": ";"}, "a; b;;c", "list", ["a", "b", "c"]),
        ({}, ["a", "b"], "list", ["a", "b"]),
        ({}, "", "list", None),
    ],
)
def test_a_cell_is_read_as_its_field_wants_it(said: dict[str, Any], cell: Any, kind: Any, wanted: Any) -> None:
    assert read(value(column="c", **said), {"c": cell}, HERE, kind) == wanted


@pytest.mark.parametrize(
    ("said", "cell", "kind", "reason"),
    [
        ({}, "many", "number", Reason.INVALID_PAYLOAD),
        ({}, "NaN", "number", Reason.INVALID_PAYLOAD),
        ({}, "1,5", "number", Reason.INVALID_PAYLOAD),
        ({}, "1e999999999", "number", Reason.INVALID_PAYLOAD),
        ({}, "0001-01-01T00:00:00+14:00", "instant", Reason.INVALID_TIME),
        ({}, "9999-12-31T23:59:59-14:00", "instant", Reason.INVALID_TIME),
        ({"map": {"a": "b"}}, "c", "text", Reason.INVALID_PAYLOAD),
        ({"lookup": "plans.name"}, "9", "text", Reason.INVALID_PAYLOAD),
        ({}, "31.01.2026", "date", Reason.INVALID_PAYLOAD),
        ({}, "yesterday", "instant", Reason.INVALID_TIME),
        ({"formats": ["%d-%m-%Y"]}, "2026-01-31", "instant", Reason.INVALID_TIME),
        ({"formats": ["unix_s"]}, "9" * 30, "instant", Reason.INVALID_TIME),
    ],
)
def test_what_cannot_be_read_says_so(said: dict[str, Any], cell: Any, kind: Any, reason: Reason) -> None:
    with pytest.raises(Rejection) as refused:
        read(value(column="c", **said), {"c": cell}, HERE, kind)
    assert refused.value.reason == reason


def test_a_template_with_an_empty_column_is_nothing() -> None:
    made = value(template="{Company name}-{id}")
    assert read(made, {"Company name": "Acme", "id": "7"}, HERE) == "Acme-7"
    assert read(made, {"Company name": "Acme", "id": ""}, HERE) is None


def test_a_product_without_a_factor_is_nothing() -> None:
    price = value(product=[{"column": "a"}, {"column": "b", "map": {"yearly": 12, "monthly": 1}}])
    assert read(price, {"a": "29.90", "b": "yearly"}, HERE, "number") == "358.8"
    assert read(price, {"a": "", "b": "yearly"}, HERE, "number") is None


def test_a_naive_time_lies_in_the_files_zone() -> None:
    berlin = HERE._replace(zone=ZoneInfo("Europe/Berlin"))
    assert instant(value(column="c"), {"c": "2026-07-01 00:30"}, berlin) == to_us(
        dt.datetime(2026, 6, 30, 22, 30, 0, 0, UTC)
    )


def test_a_naive_time_without_a_zone_is_rejected() -> None:
    with pytest.raises(Rejection) as refused:
        instant(value(column="c"), {"c": "2026-07-01 00:30"}, HERE._replace(zone=None))
    assert refused.value.reason == Reason.NAIVE_TIME


def test_columns_reach_into_objects() -> None:
    assert read(value(column="customer.id"), {"customer": {"id": 7}}, HERE) == "7"
    assert read(value(column="customer.id"), {"customer.id": "8", "customer": {"id": 7}}, HERE) == "8"
    assert read(value(column="customer.id.of"), {"customer": {"id": 7}}, HERE) is None


@pytest.mark.parametrize(
    ("cell", "wanted", "is_it"),
    [
        ("FALSE", False, True),
        ("False", False, True),
        ("0", False, True),
        ("TRUE", False, False),
        (True, True, True),
        ("", False, False),
        ("Test ", "test", True),
        ("1.0", 1, True),
        ("0.850", Decimal("0.85"), True),
        ("one", 1, False),
    ],
)
def test_cells_say_the_same_in_several_ways(cell: Any, wanted: Any, is_it: bool) -> None:
    assert same(cell, wanted) is is_it


@pytest.mark.parametrize(
    ("said", "cell", "holding"),
    [
        ({"equals": ["Test", "Demo"]}, "demo", True),
        ({"equals": True}, "TRUE", True),
        ({"differs": "Active"}, "Expired", True),
        ({"differs": ["Active", "Expired"]}, "Expired", False),
        ({"empty": True}, " ", True),
        ({"empty": False}, "", False),
        ({"after": "exported_at"}, "2026-07-28", True),
        ({"after": "exported_at"}, "2026-07-27", False),
        ({"until": "exported_at"}, "2026-07-27", True),
        ({"until": "exported_at"}, "", False),
        ({"after": "2026-01-01", "until": "exported_at"}, "2026-03-01", True),
        ({"after": "2026-01-01", "until": "exported_at"}, "2025-03-01", False),
    ],
)
def test_a_condition_holds(said: dict[str, Any], cell: str, holding: bool) -> None:
    assert holds(Condition.model_validate({"column": "c"} | said), {"c": cell}, HERE) is holding


KINDS: tuple[Kind, ...] = ("text", "number", "date", "instant", "list")
ANYTHING = st.text() | st.none() | st.integers() | st.floats() | st.booleans()


@given(cell=ANYTHING, kind=st.sampled_from(KINDS))
def test_any_cell_is_a_value_or_a_rejection(cell: Any, kind: Kind) -> None:
    with contextlib.suppress(Rejection):
        read(value(column="a"), {"a": cell}, HERE, kind)
