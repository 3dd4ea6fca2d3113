"""What the fold promises: the same facts in any order and in any chunks, bounded, exact."""

import random
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.contracts import NATIVE
from shared.facts import (
    MOST_FEATURES,
    MOST_ITEMS,
    MOST_MICROS,
    MOST_STATES,
    MOST_SUBSCRIPTION_STATES,
    WINDOW_DAYS,
    Event,
    Facts,
    Presence,
    decode,
    encode,
)
from shared.fold import ACTIVITY, RULES, fold
from tests.ingest.stories import DAY, START, event, histories, used

FIRST_DAY = START // DAY


def folded(events: list[Event], chunk: int = 10**9) -> tuple[bytes, Presence]:
    """Facts, stored and read again between chunks, and presence."""
    stored, presence = encode(Facts()), Presence()
    for start in range(0, len(events), chunk):
        facts, presence = fold(decode(stored), presence, events[start : start + chunk])
        stored = encode(facts)
    return stored, presence


def shuffled(events: list[Event], seed: int) -> list[Event]:
    return random.Random(seed).sample(events, len(events))


def test_every_native_type_is_folded() -> None:
    assert set(RULES) | ACTIVITY == set(NATIVE)


@settings(max_examples=150)
@given(histories(), st.integers(0, 2**32), st.integers(1, 31))
def test_any_order_and_any_chunks_give_the_same_bytes(events: list[Event], seed: int, chunk: int) -> None:
    assert folded(shuffled(events, seed), chunk) == folded(events)


@settings(max_examples=100)
@given(histories(kinds=("usage.recorded", "login.recorded")), st.integers(0, 2**32), st.integers(1, 31))
def test_activity_older_than_the_window_may_come_last(events: list[Event], seed: int, chunk: int) -> None:
    assert folded(shuffled(events, seed), chunk) == folded(events)


@given(histories())
def test_the_arguments_are_left_as_they_were(events: list[Event]) -> None:
    half = len(events) // 2
    facts, presence = fold(Facts(), {}, events[:half])
    stored, seen = encode(facts), dict(presence)
    fold(facts, presence, events[half:])
    assert (encode(facts), presence) == (stored, seen)


@settings(max_examples=100)
@given(histories(kinds=("usage.recorded", "login.recorded"), days=400), st.integers(0, 2**32))
def test_counts_from_masks_equal_counts_from_sets(events: list[Event], seed: int) -> None:
    facts, presence = fold(Facts(), {}, shuffled(events, seed))
    days: dict[int, set[str]] = {}
    for told in events:
        days.setdefault(told.occurred_at // DAY, set()).add(told.body.person_id)
    newest = max(days)
    for day in range(newest - WINDOW_DAYS + 1, newest + 1):
        assert sum(facts.over_days(facts.active_people, day, day)) == len(days.get(day, ()))
    for span in (1, 7, 28, 30, 90):
        people = set().union(*(days.get(newest - back, set()) for back in range(span)))
        assert sum(facts.over_days(facts.last_active, newest - span + 1, newest)) == len(people)
    for person in {told.body.person_id for told in events}:
        own = {day for day in days if person in days[day]}
        last, mask = presence[person]
        assert {last - bit for bit in range(WINDOW_DAYS) if mask >> bit & 1} == {
            d for d in own if d > last - WINDOW_DAYS
        }


@given(histories(kinds=("usage.recorded",), days=200))
def test_actions_and_features_are_counted_by_their_day(events: list[Event]) -> None:
    facts, _ = fold(Facts(), {}, events)
    newest = max(told.occurred_at // DAY for told in events)
    for day in range(newest - WINDOW_DAYS + 1, newest + 1):
        actions = sum(told.body.actions for told in events if told.occurred_at // DAY == day)
        assert sum(facts.over_days(facts.actions, day, day)) == actions
    for name, (last, mask) in facts.features.items():
        days = {told.occurred_at // DAY for told in events if told.body.feature == name}
        bits = int.from_bytes(mask, "little")
        assert last == max(days)
        assert {last - bit for bit in range(WINDOW_DAYS) if bits >> bit & 1} == {
            d for d in days if d > last - WINDOW_DAYS
        }


def test_a_person_who_comes_every_day_is_one_person() -> None:
    facts, _ = fold(Facts(), {}, [used("mia", day, day) for day in range(60)])
    assert sum(facts.over_days(facts.last_active, FIRST_DAY + 32, FIRST_DAY + 59)) == 1
    assert facts.over_days(facts.active_people, FIRST_DAY + 32, FIRST_DAY + 59) == [1] * 28


def test_the_greatest_stamp_wins_whatever_came_last() -> None:
    later = event("ticket.updated", START + 5, 1, ticket_id="t", status="solved", opened_at="2026-01-01T00:00:00Z")
    early = event("ticket.updated", START + 4, 2, ticket_id="t", status="open", opened_at="2026-01-01T00:00:00Z")
    facts, _ = fold(Facts(), {}, [later, early])
    assert facts.tickets["t"].status == "solved"


def test_within_one_instant_the_sequence_decides() -> None:
    paid = event("invoice.updated", START, 1, 3, invoice_id="i", status="paid", amount=5)
    open_ = event("invoice.updated", START, 2, 1, invoice_id="i", status="open", amount=5)
    assert fold(Facts(), {}, [paid, open_])[0].invoices["i"].status == "paid"


def test_a_field_that_is_not_named_does_not_change() -> None:
    named = event("account.updated", START, 1, name="Acme", employees=12)
    renamed = event("account.updated", START + 1, 2, name="Acme AG", industry=None)
    facts, _ = fold(Facts(), {}, [named, renamed])
    assert (facts.field("name"), facts.field("employees"), facts.field("industry")) == ("Acme AG", 12, None)


@pytest.mark.parametrize(
    ("amount", "interval", "count", "monthly"),
    [
        ("100", "month", 1, 100_000_000),
        ("1200", "year", 1, 100_000_000),
        ("300", "month", 3, 100_000_000),
        ("2400", "year", 2, 100_000_000),
        ("12", "week", 1, 52_000_000),
        ("24", "week", 2, 52_000_000),
        ("12", "day", 1, 365_000_000),
        ("99.99", "year", 1, 8_332_500),
        ("0.000001", "year", 1, 0),
        ("0.000006", "year", 1, 1),
        ("999999999999", "day", 1, MOST_MICROS),
    ],
)
def test_revenue_is_monthly(amount: str, interval: str, count: int, monthly: int) -> None:
    told = event(
        "subscription.updated", START, 1, subscription_id="s", status="active",
        amount=amount, interval=interval, interval_count=count,
    )  # fmt: skip
    facts = decode(encode(fold(Facts(), {}, [told])[0]))
    assert facts.subscriptions["s"][0].mrr == monthly


@pytest.mark.parametrize("status", ["trialing", "incomplete", "cancelled"])
def test_only_what_is_paid_for_is_revenue(status: str) -> None:
    told = event("subscription.updated", START, 1, subscription_id="s", status=status, amount=Decimal(7).__str__())
    assert fold(Facts(), {}, [told])[0].subscriptions["s"][0].mrr == 0


def crowd(kind: str, count: int, **data: Any) -> list[Event]:
    """Many things of one kind; `{n}` in a value is its number."""
    filled = [{k: v.format(n=n) if isinstance(v, str) else v for k, v in data.items()} for n in range(count)]
    return [event(kind, START + n, n, **fields) for n, fields in enumerate(filled)]


@given(st.integers(0, 2**32), st.integers(1, 400))
@settings(max_examples=20)
def test_bounds_keep_the_newest_in_any_order(seed: int, chunk: int) -> None:
    invoices = crowd("invoice.updated", 300, invoice_id="i{n}", status="open", amount=1)
    stored, presence = folded(shuffled(invoices, seed), chunk)
    assert (stored, presence) == folded(invoices)
    assert set(decode(stored).invoices) == {f"i{n}" for n in range(300 - MOST_ITEMS, 300)}


@given(st.lists(st.tuples(st.integers(0, 400), st.integers(0, 2000)), max_size=700), st.integers(0, 2**32))
@settings(max_examples=15)
def test_subscription_states_are_bounded_in_any_order(changes: list[tuple[int, int]], seed: int) -> None:
    first = [(number, 2000 + number) for number in range(MOST_STATES + 40)]
    events = [
        event("subscription.updated", START + at, n, subscription_id=f"s{sub}", status="active", amount=n)
        for n, (sub, at) in enumerate([*changes, *first])
    ]
    stored, _ = folded(shuffled(events, seed), 50)
    kept = decode(stored).subscriptions
    assert stored == folded(events)[0]
    assert sum(map(len, kept.values())) <= MOST_STATES
    assert max(map(len, kept.values())) <= MOST_SUBSCRIPTION_STATES


def test_a_chatty_subscription_does_not_push_a_quiet_one_out() -> None:
    quiet = event("subscription.updated", START, 0, subscription_id="quiet", status="active", amount=1)
    chatty = [
        event("subscription.updated", START + n, n, subscription_id=f"s{n % 40}", status="active", amount=n)
        for n in range(1, 1_000)
    ]
    facts, _ = fold(Facts(), {}, [quiet, *chatty])
    assert "quiet" in facts.subscriptions


@given(st.integers(0, 2**32))
@settings(max_examples=10)
def test_the_facts_of_a_storm_stay_small(seed: int) -> None:
    storm = [
        *(used(f"p{n % 500}", n % 300, n, feature=f"f{n % 900:03}") for n in range(3_000)),
        *crowd("ticket.updated", 400, ticket_id="t{n}", status="open", opened_at="2026-01-01T00:00:00Z"),
    ]
    stored, presence = folded(shuffled(storm, seed), 250)
    facts = decode(stored)
    assert len(facts.features) == MOST_FEATURES
    assert len(facts.active_people) <= WINDOW_DAYS
    assert len(stored) < 40_000
    assert len(presence) == 500
