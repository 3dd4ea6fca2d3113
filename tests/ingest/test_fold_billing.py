"""What billing events leave in the facts: the present state of each thing, bounded, whatever came last."""

import random
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.facts import MOST_ITEMS, Event, Facts, decode, encode
from shared.fold import fold
from tests.ingest.stories import DAY, START, event


def told(kind: str, number: int = 0, at: int = START, **said: Any) -> Event:
    return event(kind, at, number, **said)


def facts_of(*events: Event) -> Facts:
    return decode(encode(fold(Facts(), {}, events)[0]))


def test_every_kind_of_money_is_kept_in_millionths() -> None:
    money: dict[str, Any] = {"amount": "12.34", "currency": "EUR"}
    facts = facts_of(
        told("payment.failed", 1, payment_id="p", reason="card_declined", **money),
        told("payment.refunded", 2, refund_id="r", **money),
        told("dispute.updated", 3, dispute_id="d", status="open", reason="fraudulent", **money),
        told("credit_note.updated", 4, credit_note_id="c", status="issued", **money),
    )
    kept = (facts.failed_payments["p"], facts.refunds["r"], facts.disputes["d"], facts.credit_notes["c"])
    assert {(one.amount, one.currency) for one in kept} == {(12_340_000, "EUR")}
    assert (facts.failed_payments["p"].reason, facts.disputes["d"].reason) == ("card_declined", "fraudulent")


@pytest.mark.parametrize(
    ("kind", "key", "first", "then"),
    [
        ("dispute.updated", {"dispute_id": "x", "amount": 1}, {"status": "open"}, {"status": "won"}),
        ("credit_note.updated", {"credit_note_id": "x", "amount": 1}, {"status": "issued"}, {"status": "void"}),
        ("schedule.updated", {"schedule_id": "x"}, {"status": "active"}, {"status": "released"}),
        ("invoice.updated", {"invoice_id": "x", "amount": 1}, {"status": "open"}, {"status": "uncollectible"}),
        ("payment.refunded", {"refund_id": "x"}, {"amount": 1}, {"amount": 2}),
        ("discount.updated", {"discount_id": "x"}, {"percent": 10}, {"amount": 5}),
    ],
)
def test_the_later_state_stays_whatever_came_last(
    kind: str, key: dict[str, Any], first: dict[str, Any], then: dict[str, Any]
) -> None:
    early, late = told(kind, 1, **key, **first), told(kind, 2, START + DAY, **key, **then)
    assert encode(facts_of(early, late)) == encode(facts_of(late, early))
    assert encode(facts_of(early, late)) != encode(facts_of(late))  # both were counted


@settings(max_examples=10)
@given(st.integers(0, 2**32))
def test_each_kind_is_bounded_in_any_order(seed: int) -> None:
    failed = [told("payment.failed", n, START + n, payment_id=f"p{n}", amount=1) for n in range(MOST_ITEMS + 30)]
    facts = facts_of(*random.Random(seed).sample(failed, len(failed)))
    assert set(facts.failed_payments) == {f"p{n}" for n in range(30, MOST_ITEMS + 30)}


@settings(max_examples=10)
@given(st.integers(0, 2**32))
def test_terms_that_are_forgotten_are_forgotten_in_any_order(seed: int) -> None:
    events = [
        *(told("discount.updated", n, START + n, discount_id=f"d{n}", percent="50") for n in range(MOST_ITEMS + 5)),
        told("subscription.updated", 900, subscription_id="s", status="active", amount=100,
             discounts=[{"discount_id": "d0"}]),
        told("subscription.updated", 901, subscription_id="t", status="active", amount=100,
             discounts=[{"discount_id": "d40"}]),
    ]  # fmt: skip
    facts = facts_of(*random.Random(seed).sample(events, len(events)))
    assert (facts.subscriptions["s"][0].mrr, facts.subscriptions["t"][0].mrr) == (100_000_000, 50_000_000)


def test_facts_that_were_stored_before_there_was_more_to_know_can_be_read() -> None:
    stored = msgspec.msgpack.decode(
        encode(facts_of(told("subscription.updated", subscription_id="s", status="active", amount=100)))
    )
    subscriptions = stored[3]
    subscriptions["s"] = [state[:12] for state in subscriptions["s"]]
    (state,) = decode(msgspec.msgpack.encode(stored[:21])).subscriptions["s"]
    assert (state.mrr, state.later, state.terms, state.uncertain) == (100_000_000, [], None, False)
