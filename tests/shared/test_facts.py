"""The facts as a value: their bytes, their copies, their windows."""

import msgspec
import pytest

from shared.facts import Facts, Field, Invoice, decode, encode
from shared.fold import fold
from tests.ingest.stories import START, event


def test_nothing_known_is_a_handful_of_bytes() -> None:
    assert len(encode(Facts())) < 32
    assert decode(encode(Facts())) == Facts()


def test_equal_facts_give_equal_bytes_whatever_came_first() -> None:
    one, two = Field(1, 0, b"a", "x"), Field(2, 0, b"b", 5)
    assert encode(Facts(fields={"name": one, "employees": two})) == encode(
        Facts(fields={"employees": two, "name": one})
    )


def test_what_is_written_to_a_copy_does_not_touch_the_first() -> None:
    first = Facts(fields={"name": Field(1, 0, b"a", "x")}, active_people=[1], newest_day=20_000)
    before = encode(first)
    copy = first.copy()
    assert copy == first
    for name in copy.__struct_fields__:
        value = getattr(copy, name)
        if isinstance(value, dict | list):
            value.clear()
    assert encode(first) == before


def test_a_stamp_orders_by_time_then_sequence_then_id() -> None:
    stamps = [Invoice(*s, "open", 1, "EUR", None, None, None).stamp for s in ((1, 9, b"z"), (2, 0, b"a"), (2, 0, b"b"))]
    assert stamps == sorted(stamps)


@pytest.mark.parametrize(
    ("first", "last", "counts"),
    [
        (98, 100, [5, 4, 3]),
        (100, 100, [5]),
        (90, 97, []),
        (97, 98, [3]),
        (100, 105, [5]),
        (101, 105, []),
        (105, 100, []),
    ],
)
def test_days_are_counted_back_from_the_newest(first: int, last: int, counts: list[int]) -> None:
    facts = Facts(newest_day=100, active_people=[5, 4, 3])
    assert facts.over_days(facts.active_people, first, last) == counts


def test_an_attribute_is_its_value_or_nothing() -> None:
    facts = Facts(fields={"name": Field(1, 0, b"a", "Acme")})
    assert (facts.field("name"), facts.field("domain")) == ("Acme", None)


def test_bytes_that_are_no_facts_are_refused() -> None:
    with pytest.raises(msgspec.DecodeError):
        decode(b"\x91\x01")


def test_facts_of_an_older_version_are_read() -> None:
    told = event("ticket.updated", START, 1, ticket_id="t", status="open", opened_at="2026-01-01T00:00:00Z")
    fields = msgspec.msgpack.decode(encode(fold(Facts(), {}, [told])[0]))
    fields[5]["t"] = fields[5]["t"][:10]
    older = decode(msgspec.msgpack.encode(fields[:21]))
    assert (older.tickets["t"].opened_at, older.tickets["t"].reopened, older.record.plans) == (START, 0, {})
    assert fold(older, {}, [told])[0].tickets == older.tickets
