"""Stripe: what recurs of items, tiers and discounts; what was paid, given back and disputed; what is planned."""

import json
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pytest

from services.ingest.sources import translate
from services.ingest.sources.source import Options
from services.ingest.sources.stripe import SOURCE
from shared.clock import to_us
from shared.errors import Reason
from shared.facts import Event, Facts, Subscription
from shared.fold import fold
from shared.revenue import ledger
from tests.ingest.stripe_bodies import (
    CORPUS,
    CREATING,
    DAY,
    LEAVING,
    T,
    charge,
    coupon,
    credit_note,
    discount,
    dispute,
    hook,
    invoice,
    item,
    reason,
    schedule,
    subscription,
    tiers,
    told,
)

UPDATED = "customer.subscription.updated"


def state(*items: dict[str, Any], **more: Any) -> Subscription:
    """What the facts know of a subscription."""
    return folded(*translate(hook(UPDATED, subscription(*items, **more)))).subscriptions["sub_1"][0]


def folded(*events: Event) -> Facts:
    return fold(Facts(), {}, events)[0]


def monthly(*items: dict[str, Any], **more: Any) -> Decimal:
    return Decimal(state(*items, **more).mrr) / 1_000_000


@pytest.mark.parametrize(("kind", "thing"), CORPUS)
def test_all_that_stripe_sends_is_understood(kind: str, thing: dict[str, Any]) -> None:
    events = SOURCE.translate(hook(kind, thing), Options(creates_accounts=True))
    assert events
    assert {event.source for event in events} == {"stripe"}
    folded(*events)


# --- items and tiers ------------------------------------------------------------------------------


def test_an_item_is_told_as_it_is() -> None:
    yearly = item("120000", 2, "year", id="si_1")
    (told_item,) = told(hook(UPDATED, subscription(yearly)))["items"]
    assert told_item == {
        "item_id": "si_1", "plan": "Team", "amount": None, "unit_amount": 1200, "quantity": 2, "interval": "year",
        "interval_count": 1, "metered": False,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("price", "quantity", "left"),
    [
        (tiers("graduated", (10, 500, None), (None, 300, None)), 10, "50"),
        (tiers("graduated", (10, 500, None), (None, 300, None)), 12, "56"),
        (tiers("graduated", (10, 0, 9900), (20, 500, 1000), (None, 100, None)), 25, "164"),
        (tiers("volume", (10, 500, None), (None, 300, None)), 10, "50"),
        (tiers("volume", (10, 500, None), (None, 300, 2000)), 12, "56"),
        ({"unit_amount_decimal": "0.0125"}, 1_000_000, "125"),
        ({"unit_amount_decimal": None, "unit_amount": 700}, 3, "21"),
    ],
)
def test_quantities_and_tiers_make_the_price(price: dict[str, Any], quantity: int, left: str) -> None:
    assert monthly(item(None, quantity, price=price)) == Decimal(left)
    assert not state(item(None, quantity, price=price)).uncertain


def test_tiers_that_are_not_told_are_not_guessed() -> None:
    hidden = item(None, 12, price={"billing_scheme": "tiered", "tiers_mode": "volume"})
    assert (state(hidden, item("5000")).uncertain, monthly(hidden, item("5000"))) == (True, Decimal(50))


def test_a_list_that_is_cut_short_is_not_the_whole_price() -> None:
    assert state(items={"object": "list", "data": [item()], "has_more": True}).uncertain


def test_metered_items_are_kept_apart() -> None:
    metered = item("25", 4, usage="metered")
    assert (state(item(), metered).mrr, state(item(), metered).metered) == (50_000_000, 1_000_000)
    assert not state(item(), item(None, None, usage="metered")).uncertain


@pytest.mark.parametrize(("currency", "units"), [("jpy", 5000), ("kwd", 5), ("eur", 50), ("ugx", 50)])
def test_revenue_is_in_units_of_its_currency(currency: str, units: int) -> None:
    assert (monthly(currency=currency), state(currency=currency).currency) == (Decimal(units), currency.upper())


def test_a_trial_is_no_revenue_and_says_when_it_ends() -> None:
    trying = state(status="trialing", trial_end=T + 9 * DAY)
    assert (trying.mrr, trying.trial_ends_at) == (0, (T + 9 * DAY) * 1_000_000)


@pytest.mark.parametrize(("status", "left"), [("past_due", 50), ("unpaid", 0), ("canceled", 0), ("paused", 0)])
def test_past_due_is_revenue_and_given_up_is_not(status: str, left: int) -> None:
    assert monthly(status=status) == left


# --- discounts ------------------------------------------------------------------------------------


def test_a_discount_ends_when_stripe_says() -> None:
    repeating = discount(coupon=coupon("repeating", percent_off=20, duration_in_months=3), end=T + 90 * DAY)
    discounted = state(discounts=[repeating])
    assert (discounted.mrr, discounted.later) == (40_000_000, [((T + 90 * DAY) * 1_000_000, 50_000_000)])


def test_the_older_single_discount_stands_for_its_id() -> None:
    one = discount(coupon=coupon(percent_off=50))
    assert state(discounts=["di_1Qabc"], discount=one).mrr == 25_000_000
    assert not state(discounts=["di_1Qabc"], discount=one).uncertain


@pytest.mark.parametrize(
    "unknown",
    [
        "di_1Qabc",
        {"id": "di_1", "source": {"type": "coupon", "coupon": "co_1"}},
        {"id": "di_1", "coupon": coupon(amount_off=500, currency="eur")},
        {"id": "di_1", "coupon": coupon()},
    ],
)
def test_a_discount_that_is_not_told_is_marked_and_not_guessed(unknown: Any) -> None:
    assert (state(discounts=[unknown]).mrr, state(discounts=[unknown]).uncertain) == (50_000_000, True)
    assert state(item(discounts=[unknown])).uncertain


@pytest.mark.parametrize("turned", [False, True])
def test_its_own_event_tells_what_a_discount_is(turned: bool) -> None:
    records = [
        hook(UPDATED, subscription(discounts=["di_1Qabc"])),
        hook("customer.discount.created", discount()),
    ]
    events = [event for record in records[:: -1 if turned else 1] for event in translate(record)]
    known = folded(*events).subscriptions["sub_1"][0]
    assert (known.mrr, known.uncertain) == (40_000_000, False)
    assert known.later == [((T + 90 * DAY) * 1_000_000, 50_000_000)]


def test_a_discount_for_one_invoice_takes_nothing_off_what_recurs() -> None:
    named = hook(UPDATED, subscription(discounts=["di_1Qabc"]))
    once = hook("customer.discount.created", discount(coupon=coupon("once", percent_off=50), end=None))
    known = folded(*translate(named), *translate(once)).subscriptions["sub_1"][0]
    assert (known.mrr, known.uncertain) == (50_000_000, False)


def test_a_customer_s_discount_is_off_all_that_they_pay_for_and_have_no_discount_on() -> None:
    of_all = hook("customer.discount.created", discount(subscription=None, start=T + 5 * DAY, end=T + 20 * DAY))
    plain, own = hook(UPDATED, subscription(item())), discount(coupon=coupon(percent_off=50), end=None)
    discounted = hook(UPDATED, subscription(item(), id="sub_2", discounts=[own]), id="evt_2")
    of_another = hook(UPDATED, subscription(item(), id="sub_3", customer="cus_9"), id="evt_3")
    told_in_order = [event for record in (plain, discounted, of_another, of_all) for event in translate(record)]
    for events in (told_in_order, told_in_order[::-1]):
        facts = folded(*events)
        worth = {name: (states[0].mrr, states[0].later) for name, states in facts.subscriptions.items()}
        begins, ends = (T + 5 * DAY) * 1_000_000, (T + 20 * DAY) * 1_000_000
        assert worth["sub_1"] == (50_000_000, [(begins, 40_000_000), (ends, 50_000_000)])
        assert (worth["sub_2"], worth["sub_3"]) == ((25_000_000, []), (50_000_000, []))
        assert not any(states[0].uncertain for states in facts.subscriptions.values())


def test_a_customer_has_one_discount_at_a_time() -> None:
    first = hook("customer.discount.created", discount(subscription=None, end=None), id="evt_1")
    second = discount(id="di_2", subscription=None, start=T + 9 * DAY, end=None, coupon=coupon(percent_off=50))
    records = (hook(UPDATED, subscription(item())), first, hook("customer.discount.created", second, id="evt_2"))
    (state,) = folded(*[event for record in records for event in translate(record)]).subscriptions["sub_1"]
    assert (state.mrr, state.later) == (40_000_000, [((T + 9 * DAY) * 1_000_000, 25_000_000)])


def test_a_discount_that_is_taken_away_has_ended() -> None:
    fields = told(hook("customer.discount.deleted", discount()))
    assert to_us(fields["ends_at"]) == T * 1_000_000
    assert told(hook("customer.discount.updated", discount(end=None)))["ends_at"] is None


@pytest.mark.parametrize("hidden", [{"coupon": None}, {"coupon": "co_1"}, {"source": {"coupon": "co_1"}}])
def test_terms_that_stripe_keeps_to_itself_tell_nothing(hidden: dict[str, Any]) -> None:
    assert translate(hook("customer.discount.created", discount(**hidden))) == ()


# --- leaving, and what is planned -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("feedback", "ours"),
    [("too_expensive", "cost"), ("switched_service", "competitor"), ("missing_features", "missing_feature"),
     ("too_complex", "usability"), ("customer_service", "support"), ("unused", "no_need"), ("low_quality", "other"),
     ("other", "other"), (None, "other")],
)  # fmt: skip
def test_who_has_left_tells_why(feedback: str | None, ours: str) -> None:
    gone = subscription(status="canceled", ended_at=T, cancellation_details={**LEAVING, "feedback": feedback})
    state, interview = translate(hook("customer.subscription.deleted", gone))
    assert (state.body.status, interview.type) == ("cancelled", "exit_interview.recorded")
    assert json.loads(interview.raw) == {"interview_id": "sub_1", "reason": ours, "comment": "Budget 🙁"}


def test_who_was_put_out_has_not_been_asked() -> None:
    gone = subscription(status="canceled", cancellation_details={"reason": "payment_failed", "feedback": None})
    assert len(translate(hook("customer.subscription.deleted", gone))) == 1


def test_a_planned_end_is_churn_at_its_own_instant() -> None:
    events = [*translate(hook(UPDATED, subscription())), *translate(hook("subscription_schedule.updated", schedule()))]
    facts = folded(*events)
    end = (T + 395 * DAY) * 1_000_000
    assert ledger.mrr_at(facts, end - 1) == {"USD": 50_000_000}
    assert ledger.mrr_at(facts, end) == {}
    released = schedule(status="released", subscription=None, released_subscription="sub_1")
    facts = folded(*events, *translate(hook("subscription_schedule.released", released)))
    assert ledger.mrr_at(facts, end) == {"USD": 50_000_000}


@pytest.mark.parametrize(
    ("planned", "status", "ends"),
    [
        ({}, "active", True), ({"end_behavior": "release"}, "active", False), ({"phases": []}, "active", False),
        ({"status": "not_started"}, "not_started", True), ({"status": "canceled"}, "cancelled", False),
        ({"status": "completed"}, "completed", True),
    ],
)  # fmt: skip
def test_a_schedule_tells_when_it_ends_its_subscription(planned: dict[str, Any], status: str, ends: bool) -> None:
    fields = told(hook("subscription_schedule.updated", schedule(**planned)))
    assert (fields["subscription_id"], fields["status"], fields["ends_at"] is not None) == ("sub_1", status, ends)


# --- payments -------------------------------------------------------------------------------------


def test_an_invoice_names_the_subscription_that_it_bills() -> None:
    parent = {"type": "subscription_details", "subscription_details": {"subscription": "sub_1"}}
    assert told(hook("invoice.paid", invoice(subscription="sub_1")))["subscription_id"] == "sub_1"
    assert told(hook("invoice.paid", invoice(parent=parent)))["subscription_id"] == "sub_1"
    assert told(hook("invoice.paid", invoice(parent={"type": "quote_details"})))["subscription_id"] is None


def test_past_due_ends_with_the_invoice_that_stripe_gives_up() -> None:
    events = [
        *translate(hook(UPDATED, subscription(status="past_due"))),
        *translate(hook("invoice.marked_uncollectible", invoice(status="uncollectible", subscription="sub_1"),
                        created=T + DAY)),
    ]  # fmt: skip
    facts = folded(*events)
    assert [ledger.mrr_at(facts, at * 1_000_000) for at in (T, T + DAY)] == [{"USD": 50_000_000}, {}]


def test_a_failed_attempt_has_its_reason() -> None:
    failed = charge(status="failed", failure_code="card_declined", failure_message="Your card was declined.")
    assert told(hook("charge.failed", failed)) == {
        "payment_id": "ch_3Qabc", "amount": 49, "currency": "EUR", "reason": "card_declined"
    }  # fmt: skip


def test_the_greatest_refund_of_a_charge_is_the_present_one() -> None:
    events = [
        event
        for given_back in (4900, 1000, 2500)
        for event in translate(hook("charge.refunded", charge(amount_refunded=given_back)))
    ]
    assert folded(*events).refunds["ch_3Qabc"].amount == 49_000_000


def account(kind: str, thing: dict[str, Any]) -> Sequence[tuple[str, str]]:
    return [event.account for event in translate(hook(kind, thing))]


def test_a_charge_without_a_customer_waits_for_its_person_and_a_guest_says_nothing() -> None:
    assert account("charge.failed", charge()) == [("stripe", "cus_1")]
    assert account("charge.failed", charge(customer=None)) == [("stripe:person", "pay@acme.example")]
    assert account("charge.failed", charge(customer=None, billing_details={"email": None})) == []


def test_a_dispute_belongs_to_whom_its_charge_belongs() -> None:
    asked = {"customer_email_address": "pay@acme.example"}
    assert account("charge.dispute.created", dispute(charge=charge())) == [("stripe", "cus_1")]
    assert account("charge.dispute.created", dispute(evidence=asked)) == [("stripe:person", "pay@acme.example")]
    assert account("charge.dispute.created", dispute()) == [("stripe:charge", "ch_3Qabc")]
    assert reason(hook("charge.dispute.created", dispute(charge=None))) == Reason.MISSING_ACCOUNT


def test_a_charge_says_whose_it_is_for_disputes_that_do_not() -> None:
    (link,) = translate(hook("charge.succeeded", charge()))
    assert (link.type, link.account) == ("identity.linked", ("stripe", "cus_1"))
    assert (link.body.source, link.body.external_id) == ("stripe:charge", "ch_3Qabc")
    given_back = [event.type for event in translate(hook("charge.refunded", charge(amount_refunded=4900)))]
    assert given_back == ["payment.refunded", "identity.linked"]
    assert translate(hook("charge.succeeded", charge(customer=None))) == ()


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [("needs_response", "open"), ("under_review", "open"), ("warning_needs_response", "open"), ("novel", "open"),
     ("warning_closed", "won"), ("won", "won"), ("lost", "lost")],
)  # fmt: skip
def test_a_dispute_is_open_won_or_lost(theirs: str, ours: str) -> None:
    assert told(hook("charge.dispute.updated", dispute(status=theirs)))["status"] == ours


def test_a_credit_note_is_issued_or_void() -> None:
    assert told(hook("credit_note.created", credit_note())) == {
        "credit_note_id": "cn_1Qabc", "status": "issued", "amount": Decimal("16.9"), "currency": "USD"
    }  # fmt: skip
    assert told(hook("credit_note.voided", credit_note(status="void")))["status"] == "void"


def test_a_deleted_customer_is_told_only_where_customers_are_accounts() -> None:
    record = hook("customer.deleted", {"id": "cus_1", "object": "customer", "deleted": True})
    assert translate(record) == ()
    assert [event.type for event in translate(record, CREATING)] == ["account.deleted"]
