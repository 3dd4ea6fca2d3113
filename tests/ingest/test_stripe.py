"""Stripe's webhook bodies: what they say of subscriptions, invoices and customers who want to leave."""

import contextlib
import json
import random
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.ingest.nouns import Arrival
from services.ingest.sources import source_of, translate
from services.ingest.sources.source import Options
from services.ingest.sources.stripe import SOURCE
from shared.broker import Record
from shared.clock import to_us
from shared.database import Database
from shared.errors import Reason, Rejection
from shared.facts import Event, Facts
from shared.fold import fold
from shared.native import decode_body, event_id
from tests.cast import NOW
from tests.ingest.identity_world import World
from tests.ingest.identity_world import told as a_told
from tests.ingest.stripe_bodies import (
    CORPUS,
    CREATING,
    CUSTOMER,
    DAY,
    LEAVING,
    T,
    coupon,
    hook,
    invoice,
    item,
    reason,
    subscription,
    told,
    without,
    wrapped,
)


def amount(*items: dict[str, Any], **more: Any) -> Decimal:
    value: Decimal = told(hook("customer.subscription.updated", subscription(*items, **more)))["amount"]
    return value


# --- subscriptions ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "happened",
    ["created", "updated", "paused", "resumed", "trial_will_end", "pending_update_applied", "pending_update_expired"],
)
def test_a_subscription_is_told_whole(happened: str) -> None:
    record = hook(f"customer.subscription.{happened}", subscription(item(quantity=3)), id="evt_x")
    (event,) = translate(record)
    assert (event.id, event.source, event.type) == (event_id("stripe", "evt_x"), "stripe", "subscription.updated")
    assert event.account == ("stripe", "cus_1")
    assert event.occurred_at == T * 1_000_000
    fields = told(record)
    assert to_us(fields.pop("started_at")) == (T - 100 * DAY) * 1_000_000
    assert to_us(fields.pop("renews_at")) == (T + 20 * DAY) * 1_000_000
    assert fields == {
        "subscription_id": "sub_1", "status": "active", "plan": "Team", "amount": Decimal("150.000000"),
        "currency": "USD", "interval": "month", "interval_count": 1, "seats": 3, "ends_at": None,
        "cancel_at_period_end": False, "discounts": [], "trial_ends_at": None, "payer_id": "cus_1",
        "items": [
            {"item_id": "1", "plan": "Team", "amount": None, "unit_amount": Decimal(50), "quantity": 3,
             "interval": "month", "interval_count": 1, "metered": False}
        ],
    }  # fmt: skip
    assert source_of(record) == "stripe"


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [("trialing", "trialing"), ("past_due", "past_due"), ("unpaid", "unpaid"), ("canceled", "cancelled"),
     ("incomplete", "incomplete"), ("incomplete_expired", "incomplete"), ("paused", "paused")],
)  # fmt: skip
def test_statuses_have_our_names(theirs: str, ours: str) -> None:
    assert told(hook("customer.subscription.updated", subscription(status=theirs)))["status"] == ours


def test_a_deleted_subscription_has_ended() -> None:
    fields = told(hook("customer.subscription.deleted", subscription(ended_at=T - DAY, status="canceled")))
    assert (fields["status"], to_us(fields["ends_at"])) == ("cancelled", (T - DAY) * 1_000_000)


def test_a_deleted_subscription_that_does_not_say_when_ended_now() -> None:
    fields = told(hook("customer.subscription.deleted", subscription()))
    assert (fields["status"], to_us(fields["ends_at"])) == ("cancelled", T * 1_000_000)


def test_older_accounts_keep_the_period_on_the_subscription() -> None:
    bare = item()
    del bare["current_period_end"]
    fields = told(hook("customer.subscription.updated", subscription(bare, current_period_end=T + 5 * DAY)))
    assert to_us(fields["renews_at"]) == (T + 5 * DAY) * 1_000_000


def test_an_expanded_customer_is_its_id() -> None:
    (event,) = translate(hook("customer.subscription.updated", subscription(customer={"id": "cus_9", "name": "Acme"})))
    assert event.account == ("stripe", "cus_9")


# --- amounts ------------------------------------------------------------------------------------------


def test_items_add_up_and_metered_ones_stand_apart() -> None:
    metered = item("9", None, usage="metered")
    assert amount(item("5000", 3), item("250.5", 2), metered) == Decimal("155.01")


def test_items_of_other_intervals_are_brought_to_the_first_ones() -> None:
    assert amount(item("120000", 1, "year"), item("1000", 2)) == Decimal("1440")
    assert amount(item("1000", 2), item("120000", 1, "year")) == Decimal("120")
    assert amount(item("1000"), item("1200", 1, "week")) == Decimal("62")
    assert amount(item("3000", 1, "month", 3), item("1000")) == Decimal("60")


@pytest.mark.parametrize(("currency", "units"), [("jpy", 5000), ("kwd", 5), ("eur", 50), ("isk", 50), ("ugx", 50)])
def test_minor_units_differ_by_currency(currency: str, units: int) -> None:
    assert amount(currency=currency) == units
    assert told(hook("invoice.paid", invoice(currency=currency, total=5000)))["amount"] == units


@pytest.mark.parametrize(
    ("discounts", "left"),
    [
        ([{"coupon": coupon(percent_off=25.5)}], "37.25"),
        ([{"source": {"type": "coupon", "coupon": coupon(percent_off=25.5)}}], "37.25"),
        ([{"coupon": coupon(amount_off=1000, currency="usd")}], "40"),
        ([{"coupon": coupon("repeating", percent_off=10)}, {"coupon": coupon(amount_off=500)}], "40"),
        ([{"coupon": coupon("once", percent_off=50)}], "50"),
        ([{"coupon": coupon(amount_off=9_000)}], "0"),
        ([{"source": {"type": "coupon", "coupon": "co_unexpanded"}}], "50"),
        (["di_unexpanded"], "50"),
    ],
)
def test_discounts_that_last_and_are_expanded_count(discounts: list[Any], left: str) -> None:
    assert amount(discounts=discounts) == Decimal(left)


def test_a_discount_of_one_item_is_that_items() -> None:
    assert amount(item(discounts=[{"coupon": coupon(percent_off=50)}]), item()) == Decimal(75)


def test_the_older_single_discount_counts_too_but_not_twice() -> None:
    one = {"coupon": coupon(percent_off=50)}
    assert amount(discount=one) == Decimal(25)
    assert amount(discount=one, discounts=[one]) == Decimal(25)


def test_packages_round_as_the_price_says() -> None:
    def packages(way: str) -> dict[str, Any]:
        return item("1000", 25, price={"transform_quantity": {"divide_by": 10, "round": way}})

    assert (amount(packages("up")), amount(packages("down"))) == (Decimal(30), Decimal(20))


def test_what_is_not_paid_for_in_advance_is_zero() -> None:
    assert amount(item("9", None, usage="metered")) == 0
    assert amount(item(None)) == 0  # tiered
    assert amount(item(None, price={"unit_amount": 700})) == 7
    assert amount(status="paused") == 0


def test_revenue_arrives_in_the_facts() -> None:
    events = translate(hook("customer.subscription.updated", subscription(item("120000", 2, "year"))))
    facts, _ = fold(Facts(), {}, events)
    assert facts.subscriptions["sub_1"][0].mrr == 200_000_000


# --- leaving ------------------------------------------------------------------------------------------


def test_asking_to_leave_is_an_event_of_its_own() -> None:
    leaving = subscription(cancel_at_period_end=True, cancel_at=T + 20 * DAY, cancellation_details=LEAVING)
    before = {"cancel_at_period_end": False, "cancel_at": None}
    state, request = translate(hook("customer.subscription.updated", leaving, before=before, id="evt_9"))
    assert (state.body.status, state.body.cancel_at_period_end) == ("active", True)
    assert to_us(state.body.ends_at) == (T + 20 * DAY) * 1_000_000
    assert (request.type, request.body.subscription_id) == ("cancel.requested", "sub_1")
    assert (request.body.reason, request.body.comment) == ("cost", "Budget 🙁")
    assert (state.id, request.id) == (event_id("stripe", "evt_9"), event_id("stripe", "evt_9:1"))


def test_thinking_better_of_it_takes_it_back() -> None:
    before = {"cancel_at_period_end": True, "cancel_at": T + DAY, "cancellation_details": LEAVING}
    _, withdrawn = translate(hook("customer.subscription.updated", subscription(), before=before))
    assert (withdrawn.type, withdrawn.body.subscription_id) == ("cancel.withdrawn", "sub_1")


def test_newer_accounts_say_it_by_cancel_at() -> None:
    leaving = subscription(cancel_at=T + 20 * DAY, cancellation_details=LEAVING)
    before = {"cancel_at": None, "cancellation_details": {"reason": None}}
    _, request = translate(hook("customer.subscription.updated", leaving, before=before))
    assert request.type == "cancel.requested"


@pytest.mark.parametrize(
    ("thing", "before"),
    [
        ({"cancel_at_period_end": True}, {"quantity": 2}),
        ({"cancel_at_period_end": True}, None),
        ({"cancel_at": T + 300 * DAY}, {"cancel_at": None}),  # a fixed term, nobody's wish to leave
        ({"status": "canceled"}, {"cancel_at_period_end": True}),
        ({}, {"items": {}}),
    ],
)
def test_anything_else_is_no_cancel_signal(thing: dict[str, Any], before: dict[str, Any] | None) -> None:
    assert len(translate(hook("customer.subscription.updated", subscription(**thing), before=before))) == 1


# --- invoices -----------------------------------------------------------------------------------------


def test_an_invoice_is_told_whole() -> None:
    paid = invoice(status="paid", due_date=T + DAY, status_transitions={"finalized_at": T, "paid_at": T + 9})
    fields = told(hook("invoice.paid", paid))
    assert [to_us(fields.pop(name)) // 1_000_000 - T for name in ("issued_at", "due_at", "paid_at")] == [0, DAY, 9]
    assert fields == {
        "invoice_id": "in_1", "status": "paid", "amount": Decimal("123.45"), "currency": "USD", "subscription_id": None
    }  # fmt: skip


def test_what_is_charged_automatically_is_due_a_day_after_it_is_final() -> None:
    charged = invoice(collection_method="charge_automatically", status_transitions={"finalized_at": T})
    assert to_us(told(hook("invoice.finalized", charged))["due_at"]) == (T + DAY) * 1_000_000
    assert told(hook("invoice.created", invoice(collection_method="charge_automatically")))["due_at"] is None


def test_a_credit_is_worth_nothing_and_a_deleted_draft_is_void() -> None:
    assert told(hook("invoice.paid", invoice(total=-500)))["amount"] == 0
    assert told(hook("invoice.deleted", invoice(status="draft")))["status"] == "void"


@given(st.integers(0, 2**32))
def test_states_of_one_second_end_in_the_last_one_in_any_order(seed: int) -> None:
    invoices = [hook("invoice.updated", invoice(status=status)) for status in ("draft", "open", "paid")]
    subscriptions = [
        hook("customer.subscription.created", subscription(status="incomplete")),
        hook("customer.subscription.updated", subscription()),
        hook("customer.subscription.deleted", subscription(status="canceled")),
    ]
    events = [event for record in (*invoices, *subscriptions) for event in translate(record)]
    random.Random(seed).shuffle(events)
    facts, _ = fold(Facts(), {}, events)
    assert (facts.invoices["in_1"].status, facts.subscriptions["sub_1"][0].status) == ("paid", "cancelled")


# --- customers, and all the rest ----------------------------------------------------------------------


def test_customers_become_accounts_only_where_that_is_wanted() -> None:
    record = hook("customer.created", CUSTOMER)
    assert translate(hook("customer.deleted", CUSTOMER)) == ()
    (event,) = translate(record, CREATING)
    assert (event.type, event.account) == ("account.updated", ("stripe", "cus_1"))
    assert json.loads(event.raw) == {"name": "Acme", "country": "DE"}


def test_a_customer_says_whose_it_is_by_our_own_id_in_its_metadata() -> None:
    record = hook("customer.updated", {**CUSTOMER, "metadata": {"Account ID": "acme", "tier": "gold"}})
    (event,) = translate(record)
    assert (event.type, event.account) == ("identity.linked", ("native", "acme"))
    assert json.loads(event.raw) == {"source": "stripe", "external_id": "cus_1"}
    (event,) = translate(record, CREATING)
    assert (event.type, event.account) == ("account.updated", ("native", "acme"))
    assert json.loads(event.raw)["external_ids"] == {"stripe": "cus_1"}


def test_a_customer_without_our_id_is_claimed_by_its_address() -> None:
    (event,) = translate(hook("customer.created", CUSTOMER))
    assert (event.type, event.account) == ("account.updated", ("stripe:person", "x@acme.test"))
    assert json.loads(event.raw) == {"external_ids": {"stripe": "cus_1"}}
    assert translate(hook("customer.created", {**CUSTOMER, "email": None})) == ()


async def test_a_customer_is_its_persons_account_once_that_is_known(database: Database) -> None:
    """And makes no account of its own meanwhile."""
    world = World(database)
    customer = [Arrival(event, to_us(NOW)) for event in translate(hook("customer.created", CUSTOMER))]
    bill = [Arrival(event, to_us(NOW)) for event in translate(hook("invoice.paid", invoice(status="paid")))]
    assert (await world.hear(*customer, *bill)).unmatched == 2
    paying = a_told("person.updated", id="2", person_id="m", email="x@acme.test")
    await world.hear(a_told("account.updated", id="1", name="Acme"), paying)
    while await world.sweep():
        pass
    assert await world.waiting() == 0
    assert await world.value("SELECT count(*) FROM accounts") == 1
    assert await world.rows("SELECT rule FROM identities WHERE source = 'stripe'") == [("told",)]


def test_a_customer_without_a_name_is_still_an_account() -> None:
    assert json.loads(translate(hook("customer.updated", {"id": "cus_1"}), CREATING)[0].raw) == {}


@pytest.mark.parametrize(
    "kind",
    ["charge.captured", "customer.source.created", "customer.subscription.novel", "invoice.upcoming",
     "invoiceitem.created", "invoice_payment.paid", "entitlements.active_entitlement_summary.updated", "coupon.created",
     "customer.novel", "charge.refund.updated", "payment_intent.succeeded", "something.new", "invoice", ""],
)  # fmt: skip
def test_other_types_are_known_and_unused(kind: str) -> None:
    assert translate(hook(kind, {"object": "whatever"}), CREATING) == ()


def test_thin_events_are_unused() -> None:
    thin = {"id": "evt_1", "object": "v2.core.event", "type": "v2.billing.meter.x", "created": "2026-01-01T00:00:00Z"}
    assert translate(wrapped(json.dumps(thin).encode())) == ()


@pytest.mark.parametrize(
    ("because", "record"),
    [
        (Reason.NOT_JSON, wrapped(b"rubbish")),
        (Reason.NOT_JSON, wrapped(b"")),
        (Reason.INVALID_PAYLOAD, wrapped(b"[]")),
        (Reason.INVALID_PAYLOAD, wrapped(b'{"type":"invoice.paid"}')),
        (Reason.INVALID_PAYLOAD, wrapped(b'{"id":"evt_1","type":"invoice.paid","created":1}')),
        (Reason.WRONG_TOPIC, wrapped(b"{}", topic="crm.events")),
        (Reason.MISSING_TIME, hook("invoice.paid", invoice(), created=None)),
        (Reason.INVALID_TIME, hook("invoice.paid", invoice(), created=-1)),
        (Reason.INVALID_TIME, hook("invoice.paid", invoice(), created=10**15)),
        (Reason.MISSING_ACCOUNT, hook("invoice.paid", invoice(customer=None))),
        (Reason.MISSING_ACCOUNT, hook("customer.subscription.updated", without(subscription(), "customer"))),
        (Reason.INVALID_PAYLOAD, hook("invoice.paid", None)),
        (Reason.INVALID_PAYLOAD, hook("invoice.paid", invoice(total=None))),
        (Reason.INVALID_PAYLOAD, hook("invoice.paid", invoice(total=10**18))),
        (Reason.INVALID_PAYLOAD, hook("invoice.paid", invoice(status="novel"))),
        (Reason.INVALID_PAYLOAD, hook("invoice.paid", invoice(currency="dollars"))),
        (Reason.INVALID_PAYLOAD, hook("customer.subscription.updated", subscription(item("NaN")))),
        (Reason.INVALID_PAYLOAD, hook("customer.subscription.updated", subscription(item("1e400")))),
        (Reason.INVALID_PAYLOAD, hook("customer.subscription.updated", subscription(item(quantity=-1)))),
        (Reason.INVALID_PAYLOAD, hook("customer.subscription.updated", subscription(item(count=0)))),
        (Reason.INVALID_PAYLOAD, hook("customer.subscription.updated", subscription(item(interval="eon")))),
    ],
)  # fmt: skip
def test_a_faulty_body_has_its_reason(because: Reason, record: Record) -> None:
    assert reason(record) == because


odd = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=8)
    | st.sampled_from(["NaN", "Infinity", "1e999999", "1E+30", 10**15, -1, 0]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["id", "data", "reason"]), inner),
    max_leaves=4,
)  # fmt: skip


def spots(thing: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The path of every value inside."""
    inside: Sequence[Any] = ()
    if isinstance(thing, dict):
        inside = list(thing.items())
    elif isinstance(thing, list):
        inside = list(enumerate(thing))
    return [path] * bool(path) + [spot for key, value in inside for spot in spots(value, (*path, key))]


def spoiled(thing: Any, path: tuple[Any, ...], value: Any) -> Any:
    copy = json.loads(json.dumps(thing))
    inner = copy
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    return copy


BEFORE = {"cancel_at_period_end": False, "cancel_at": None}
BODIES = [
    {"id": "evt_1", "object": "event", "type": kind, "created": T,
     "data": {"object": thing, "previous_attributes": BEFORE}}
    for kind, thing in CORPUS
]  # fmt: skip
SAMPLES = [wrapped(json.dumps(body).encode()) for body in BODIES]


@settings(max_examples=200)
@given(st.data())
def test_any_spoiled_body_is_translated_or_rejected(data: st.DataObject) -> None:
    body = data.draw(st.sampled_from(BODIES))
    path = data.draw(st.sampled_from(spots(body)))
    record = wrapped(json.dumps(spoiled(body, path, data.draw(odd))).encode())
    with contextlib.suppress(Rejection):
        events: Sequence[Event] = SOURCE.translate(record, Options(creates_accounts=True))
        for event in events:
            assert decode_body(event.type, event.raw) == event.body
