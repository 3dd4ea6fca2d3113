"""What a subscription is worth a month, and how an account's revenue moves: exact, and it always adds up."""

import random
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from itertools import groupby
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.clock import from_us
from shared.errors import Rejection
from shared.facts import Event, Facts, decode, encode
from shared.fold import fold
from shared.revenue import ledger
from tests.ingest.stories import DAY, START, event


def subscribed(at: int = START, number: int = 0, **said: Any) -> Event:
    given = {"subscription_id": "s", "status": "active", "amount": 100} | said
    return event("subscription.updated", at, number, **given)


def facts_of(*events: Event) -> Facts:
    facts, _ = fold(Facts(), {}, events)
    return decode(encode(facts))


def day(number: int) -> str:
    return from_us(START + number * DAY).isoformat()


def worth(**said: Any) -> Decimal:
    """What a subscription is worth a month, in its currency's unit."""
    return Decimal(facts_of(subscribed(**said)).subscriptions["s"][0].mrr) / 1_000_000


def item(id: str = "i", **said: Any) -> dict[str, Any]:
    return {"item_id": id, **said}


# --- what it is worth -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("items", "monthly"),
    [
        ([item(unit_amount="1200", interval="year")], "100"),
        ([item(unit_amount="300", interval="month", interval_count=3)], "100"),
        ([item(unit_amount="7.5", quantity=12)], "90"),
        ([item(unit_amount="0.00000125", quantity=1_000_000)], "1.25"),
        ([item(amount="500", quantity=20)], "500"),
        ([item("a", unit_amount="100", interval="year"), item("b", unit_amount="200", interval="year")], "25"),
        ([item("a", unit_amount="7", interval="day"), item("b", amount="24", interval="week", interval_count=2)],
         "264.916667"),
        ([item("a", amount="10"), item("b", amount="99", metered=True)], "10"),
        ([item("a", amount="10"), item("b")], "10"),
        ([], "0"),
    ],
)  # fmt: skip
def test_items_decide_what_a_subscription_is_worth(items: list[dict[str, Any]], monthly: str) -> None:
    assert worth(amount=7777, items=items) == Decimal(monthly)


def test_metered_items_stand_apart() -> None:
    state = facts_of(subscribed(items=[item(amount="10"), item("m", amount="120", interval="year", metered=True)]))
    assert (state.subscriptions["s"][0].mrr, state.subscriptions["s"][0].metered) == (10_000_000, 10_000_000)


def test_an_unknown_price_or_discount_is_marked_and_not_guessed() -> None:
    for said in ({"items": [item()]}, {"discounts": [{"discount_id": "d"}]}):
        assert facts_of(subscribed(**said)).subscriptions["s"][0].uncertain
    for said in ({}, {"items": [item(metered=True)]}, {"discounts": [{"discount_id": "d", "percent": 1}]}):
        assert not facts_of(subscribed(**said)).subscriptions["s"][0].uncertain


@pytest.mark.parametrize(
    ("said", "monthly"),
    [
        ({"discounts": [{"percent": "25.5"}]}, "74.5"),
        ({"discounts": [{"amount": "30"}]}, "70"),
        ({"interval": "year", "amount": "1200", "discounts": [{"amount": "120"}]}, "90"),
        ({"discounts": [{"percent": "50"}, {"amount": "10"}]}, "40"),
        ({"discounts": [{"amount": "10"}, {"percent": "50"}]}, "45"),
        ({"discounts": [{"amount": "900"}]}, "0"),
        ({"discounts": [{"percent": "10", "ends_at": day(-1)}]}, "100"),
        ({"discounts": [{"percent": "10", "ends_at": day(0)}]}, "100"),
        ({"items": [item("a", amount="60"), item("b", amount="40")],
          "discounts": [{"percent": "50", "item_id": "a"}, {"amount": "7"}]}, "63"),
        ({"items": [item("a", amount="600", interval="year"), item("b", amount="40")],
          "discounts": [{"amount": "120", "item_id": "a"}, {"percent": "10"}]}, "72"),
    ],
)  # fmt: skip
def test_discounts_are_taken_off_in_their_order(said: dict[str, Any], monthly: str) -> None:
    said["discounts"] = [{"discount_id": f"d{n}", **one} for n, one in enumerate(said["discounts"])]
    assert worth(**said) == Decimal(monthly)


@pytest.mark.parametrize("status", ["trialing", "incomplete", "cancelled", "unpaid"])
def test_what_is_not_paid_for_is_no_revenue(status: str) -> None:
    assert worth(status=status, items=[item(amount="10"), item("m", amount="3", metered=True)]) == 0


@pytest.mark.parametrize(
    "said",
    [
        {"items": [item(amount="1", unit_amount="1")]},
        {"discounts": [{"discount_id": "d", "amount": "1", "percent": "1"}]},
        {"discounts": [{"discount_id": "d", "ends_at": "0001-01-01T00:00:00+02:00"}]},
        {"discounts": [{"discount_id": "d", "ends_at": "1850-01-01T00:00:00Z"}]},
        {"discounts": [{"discount_id": "d", "percent": "100.1"}]},
        {"items": [item(unit_amount="-1")]},
    ],
)
def test_contradictions_are_rejected(said: dict[str, Any]) -> None:
    with pytest.raises(Rejection):
        subscribed(**said)


@given(st.permutations(range(4)))
def test_terms_of_a_discount_may_come_before_or_after_those_who_name_it(order: list[int]) -> None:
    named = [{"discount_id": "d"}, {"discount_id": "e"}]
    events = [
        subscribed(discounts=named),
        subscribed(START + DAY, 1, discounts=named, items=[item(amount="10"), item("j", amount="10")]),
        event("discount.updated", START + 5 * DAY, 2, discount_id="d", percent="50", ends_at=day(9)),
        event("discount.updated", START + 2 * DAY, 3, discount_id="d", percent="20"),
    ]
    newest, oldest = facts_of(*(events[n] for n in order)).subscriptions["s"]
    assert [newest.mrr, oldest.mrr] == [10_000_000, 50_000_000]
    assert newest.later == [(START + 9 * DAY, 20_000_000)]
    assert newest.uncertain  # e is still not known


# --- how it moves ---------------------------------------------------------------------------------


def moves(*events: Event) -> list[tuple[int, str, int, int]]:
    """(day, kind, units, number of the event) of all movements, in euros and dollars alike."""
    facts = facts_of(*events)
    numbers = {told.id: number for number, told in enumerate(events)}
    told = ledger.asides(facts)
    changes = [
        change for name, states in facts.subscriptions.items()
        for change in ledger.changes(name, states[::-1], told.get(name, ledger.NOTHING))
    ]  # fmt: skip
    return [
        ((m.change.at - START) // DAY, m.kind, m.change.amount // 1_000_000, numbers[m.change.event])
        for m in ledger.movements(changes)
    ]


def test_the_life_of_a_subscription() -> None:
    assert moves(
        subscribed(START, 0, status="trialing"),
        subscribed(START + 14 * DAY, 1),
        subscribed(START + 45 * DAY, 2, amount=150),
        subscribed(START + 46 * DAY, 3, amount=150, seats=4),
        subscribed(START + 60 * DAY, 4, amount=120, status="past_due"),
        subscribed(START + 70 * DAY, 5, status="cancelled"),
        subscribed(START + 99 * DAY, 6, amount=80),
    ) == [
        (14, "new", 100, 1), (45, "expansion", 50, 2), (60, "contraction", -30, 4), (70, "churn", -120, 5),
        (99, "reactivation", 80, 6),
    ]  # fmt: skip


def test_what_happens_by_itself_belongs_to_the_event_that_announced_it() -> None:
    leaving = {"ends_at": day(90), "discounts": [{"discount_id": "d", "percent": 20, "ends_at": day(30)}]}
    assert moves(
        subscribed(START, 0, started_at=day(-3), trial_ends_at=day(5)),
        subscribed(START + 10 * DAY, 1, **leaving),
        subscribed(START + 20 * DAY, 2, **leaving, seats=5),
    ) == [(5, "new", 100, 0), (10, "contraction", -20, 1), (30, "expansion", 20, 1), (90, "churn", -100, 1)]


def test_another_subscription_is_expansion_and_a_swap_is_no_churn() -> None:
    assert moves(
        subscribed(START, 0),
        subscribed(START + DAY, 1, subscription_id="t", amount=40),
        subscribed(START + 2 * DAY, 2, status="cancelled"),
        subscribed(START + 2 * DAY, 3, subscription_id="u", amount=130),
        subscribed(START + 3 * DAY, 4, subscription_id="u", amount=130, currency="EUR"),
    ) == [
        (0, "new", 100, 0), (1, "expansion", 40, 1), (2, "contraction", -100, 2), (2, "expansion", 130, 3),
        (3, "expansion", 130, 4), (3, "contraction", -130, 4),
    ]  # fmt: skip


def test_past_due_is_revenue_until_its_invoice_is_given_up() -> None:
    assert moves(
        subscribed(START, 0),
        subscribed(START + 5 * DAY, 1, status="past_due"),
        event("invoice.updated", START + 9 * DAY, 2, invoice_id="i", status="uncollectible", amount=1,
              subscription_id="s"),
        subscribed(START + 10 * DAY, 3, status="past_due", seats=1),
        event("invoice.updated", START + 11 * DAY, 4, invoice_id="j", status="uncollectible", amount=1),
        subscribed(START + 20 * DAY, 5),
    ) == [(0, "new", 100, 0), (9, "churn", -100, 2), (20, "reactivation", 100, 5)]  # fmt: skip


def test_an_invoice_that_is_paid_after_all_was_not_given_up() -> None:
    bill = {"invoice_id": "i", "amount": 1, "subscription_id": "s"}
    assert moves(
        subscribed(START, 0, status="past_due"),
        event("invoice.updated", START + 9 * DAY, 1, status="uncollectible", **bill),
        event("invoice.updated", START + 10 * DAY, 2, status="paid", **bill),
    ) == [(0, "new", 100, 0)]


def test_a_schedule_ends_what_it_is_for_unless_it_is_released() -> None:
    plan = {"schedule_id": "p", "subscription_id": "s"}
    active = event("schedule.updated", START + DAY, 1, status="active", ends_at=day(50), **plan)
    assert moves(subscribed(), active) == [(0, "new", 100, 0), (50, "churn", -100, 1)]
    released = event("schedule.updated", START + 2 * DAY, 2, status="released", ends_at=day(50), **plan)
    assert moves(subscribed(), active, released) == [(0, "new", 100, 0)]
    assert moves(subscribed(), active, subscribed(START + 60 * DAY, 2))[1:] == [
        (50, "churn", -100, 1), (60, "reactivation", 100, 2)
    ]  # fmt: skip


def test_before_its_first_event_a_subscription_was_as_that_event_says() -> None:
    assert moves(subscribed(started_at=day(-400))) == [(-400, "new", 100, 0)]
    assert moves(subscribed(started_at=day(30))) == [(30, "new", 100, 0)]


def test_revenue_at_an_instant_is_told_by_currency() -> None:
    facts = facts_of(subscribed(), subscribed(number=1, subscription_id="t", currency="EUR", ends_at=day(9)))
    assert ledger.mrr_at(facts, START - 1) == {}
    assert ledger.mrr_at(facts, START) == {"USD": 100_000_000, "EUR": 100_000_000}
    assert ledger.mrr_at(facts, START + 9 * DAY) == {"USD": 100_000_000}
    assert START + 9 * DAY in set(ledger.instants(facts))


# --- it always adds up ----------------------------------------------------------------------------

MONTHS = {"day": Fraction(12, 365), "week": Fraction(12, 52), "month": Fraction(1), "year": Fraction(12)}
soon = st.none() | st.integers(-40, 300).map(day)
prices = st.decimals(0, 5000, places=2).map(str)
intervals = st.fixed_dictionaries(
    {"interval": st.sampled_from(["day", "week", "month", "year"]), "interval_count": st.integers(1, 6)}
)
items = st.builds(
    lambda name, price, often, metered: {"item_id": name, "metered": metered} | price | often,
    st.sampled_from("ab"),
    st.builds(lambda kind, price: {kind: price}, st.sampled_from(["amount", "unit_amount"]), prices) | st.just({}),
    intervals,
    st.booleans(),
)
offs = st.builds(
    lambda name, terms, ends, item: {"discount_id": name, "ends_at": ends, "item_id": item} | terms,
    st.sampled_from("de"),
    st.just({})
    | st.decimals(0, 100, places=1).map(lambda p: {"percent": str(p)})
    | prices.map(lambda a: {"amount": a}),
    soon,
    st.sampled_from(["a", None]),
)
states = st.builds(
    lambda kept, more: {key: value for key, value in (kept | more).items() if value is not None},
    st.fixed_dictionaries(
        {
            "subscription_id": st.sampled_from("stu"),
            "status": st.sampled_from(["active", "active", "past_due", "past_due", "trialing", "cancelled", "unpaid"]),
            "currency": st.sampled_from(["USD", "EUR"]),
            "amount": prices,
            "discounts": st.lists(offs, max_size=2),
            "items": st.none() | st.lists(items, max_size=3),
        }
    ),
    st.builds(
        lambda often, start, end, trial: often | {"started_at": start, "ends_at": end, "trial_ends_at": trial},
        intervals, soon, soon, soon,
    ),
)  # fmt: skip
tellings = st.one_of(
    st.tuples(st.just("subscription.updated"), states),
    st.tuples(
        st.just("invoice.updated"),
        st.fixed_dictionaries(
            {"invoice_id": st.sampled_from("ij"), "status": st.sampled_from(["open", "uncollectible", "paid"]),
             "amount": st.just(1), "subscription_id": st.just("s")}
        ),
    ),
    st.tuples(
        st.just("discount.updated"),
        st.builds(
            lambda name, ends: {"discount_id": name, "percent": "12.5", "ends_at": ends}, st.sampled_from("de"), soon
        ),
    ),
    st.tuples(
        st.just("schedule.updated"),
        st.builds(
            lambda status, ends: {"schedule_id": "p", "subscription_id": "t", "status": status, "ends_at": ends},
            st.sampled_from(["active", "released"]), soon,
        ),
    ),
)  # fmt: skip


@st.composite
def billing(draw: st.DrawFn) -> list[Event]:
    """Distinct events of one account, many on the same day, in the order in which they happened."""
    told = []
    for number, (kind, data) in enumerate(draw(st.lists(tellings, min_size=1, max_size=12))):
        told.append(event(kind, START + draw(st.integers(0, 12)) * 10 * DAY, number, draw(st.integers(0, 1)), **data))
    return sorted(told, key=lambda e: (e.occurred_at, e.sequence, e.id))


def owed(history: list[Event], at: int) -> dict[str, Decimal]:
    """Revenue at an instant, by the words of docs/events.md, told as slowly and plainly as possible."""
    total: dict[str, Decimal] = {}
    for name in "stu":
        told = [e for e in history if e.type == "subscription.updated" and e.body.subscription_id == name]
        if not told:
            continue
        now = next((e for e in reversed(told) if e.occurred_at <= at), told[0])
        if _owes(history, told, now, at):
            instant = max(at, now.occurred_at)
            exact = _monthly(now.body, instant, history)
            units = Decimal(exact.numerator) / Decimal(exact.denominator)
            rounded = units.quantize(Decimal("0.000001"), ROUND_HALF_UP)
            total[now.body.currency] = total.get(now.body.currency, Decimal(0)) + rounded
    return {currency: units for currency, units in total.items() if units}


def _owes(history: list[Event], told: list[Event], now: Event, at: int) -> bool:
    body, when = now.body, from_us(at)
    if body.status not in {"active", "past_due", "paused"}:
        return False
    if when < (body.started_at or from_us(now.occurred_at)) or (body.trial_ends_at and when < body.trial_ends_at):
        return False
    if body.ends_at and when >= body.ends_at:
        return False
    plans = [e for e in history if e.type == "schedule.updated" and e.body.subscription_id == body.subscription_id]
    planned = plans[-1].body.ends_at if plans and plans[-1].body.status == "active" else None
    if planned and from_us(now.occurred_at) < planned <= when:
        return False
    return body.status != "past_due" or not _given_up(history, told, now, at)


def _given_up(history: list[Event], told: list[Event], now: Event, at: int) -> bool:
    stretch = now
    for earlier in reversed(told[: told.index(now)]):
        if earlier.body.status != "past_due":
            break
        stretch = earlier
    bills = {e.body.invoice_id: e for e in history if e.type == "invoice.updated"}
    return any(
        e.body.status == "uncollectible" and e.body.subscription_id == now.body.subscription_id
        and stretch.occurred_at <= e.occurred_at <= at
        for e in bills.values()
    )  # fmt: skip


def _monthly(body: Any, at: int, history: list[Event]) -> Fraction:
    span = MONTHS[body.interval] * body.interval_count
    if body.items is None:
        whole = Fraction(body.amount) / span
    else:
        whole = Fraction(0)
        for one in body.items:
            if not one.metered:
                each = MONTHS[one.interval] * one.interval_count
                price = Fraction(one.amount or 0) + Fraction(one.unit_amount or 0) * one.quantity
                own = [d for d in body.discounts if d.item_id == one.item_id]
                whole += _discounted(price / each, own, each, at, history)
    return _discounted(whole, [d for d in body.discounts if d.item_id is None], span, at, history)


def _discounted(price: Fraction, discounts: list[Any], span: Fraction, at: int, history: list[Event]) -> Fraction:
    known = {e.body.discount_id: e.body for e in history if e.type == "discount.updated"}
    for off in discounts:
        terms = off
        ends = [off.ends_at] if off.ends_at else []
        if off.percent is None and off.amount is None:
            if off.discount_id not in known:
                continue
            terms = known[off.discount_id]
            ends += [terms.ends_at] if terms.ends_at else []
        if any(from_us(at) >= end for end in ends):
            continue
        if terms.percent is not None:
            price *= 1 - Fraction(terms.percent) / 100
        else:
            price -= Fraction(terms.amount) / span
    return max(price, Fraction(0))


def entries(facts: Facts) -> list[ledger.Movement]:
    told = ledger.asides(facts)
    return ledger.movements(
        change
        for name, kept in facts.subscriptions.items()
        for change in ledger.changes(name, kept[::-1], told.get(name, ledger.NOTHING))
    )


@settings(max_examples=200)
@given(billing(), st.integers(0, 2**32), st.integers(1, 5))
def test_the_ledger_adds_up_to_the_revenue_at_any_instant_in_any_order(
    history: list[Event], seed: int, chunk: int
) -> None:
    dice = random.Random(seed)
    shuffled, facts = dice.sample(history, len(history)), Facts()
    for start in range(0, len(shuffled), chunk):
        facts, _ = fold(facts, {}, shuffled[start : start + chunk])
    moved = entries(facts)
    assert moved == entries(fold(Facts(), {}, history)[0])
    told = [movement.change for movement in moved]
    for at in {change.at + by for change in told for by in (-1, 0, 1)} | set(ledger.instants(facts)):
        expected = {currency: int(units * 1_000_000) for currency, units in owed(history, at).items()}
        assert ledger.sums(told, at) == ledger.mrr_at(facts, at) == expected


@settings(max_examples=100)
@given(billing())
def test_every_movement_is_what_it_says_and_names_an_event(history: list[Event]) -> None:
    facts, _ = fold(Facts(), {}, history)
    known = {told.id for told in history}
    paid_before = False
    for at, group in groupby(entries(facts), key=lambda m: m.change.at):
        kinds = {m.kind for m in group}
        had, has = owed(history, at - 1), owed(history, at)
        if not had:
            assert kinds == {"reactivation" if paid_before else "new"}
        elif not has:
            assert kinds == {"churn"}
        else:
            assert kinds <= {"expansion", "contraction"}
        paid_before = paid_before or bool(has)
    assert {m.change.event for m in entries(facts)} <= known
