"""The ledger in the database: exact over any length of history, corrected by late events, the same in any order."""

import datetime as dt
import random
from decimal import Decimal
from typing import Any

import pytest

from services.ingest.handle import Ingest
from services.ingest.nouns import Arrival
from services.ingest.store.accounts import account_id
from shared.clock import from_us
from shared.contracts.billing import SubscriptionUpdated
from shared.database import Database
from shared.facts import MOST_SUBSCRIPTION_STATES, Event, Facts, decode
from shared.settings import Settings
from tests.conftest import empty
from tests.ingest.stories import DAY, START, event

ACME = account_id(("native", "acme"))
NOW = START + 200 * DAY
EXISTS = event("account.updated", START, 10_000, name="Acme")

Row = tuple[Any, ...]


def subscribed(at: int, number: int, **said: Any) -> Event:
    given = {"subscription_id": "s", "status": "active", "amount": 100} | said
    return event("subscription.updated", at, number, **given)


async def tell(database: Database, *batches: list[Event]) -> None:
    ingest = Ingest(Settings())
    for batch in batches:
        async with database.writing() as tx:
            await ingest.accept(tx, [Arrival(told, NOW) for told in batch], from_us(NOW))


async def ledger(database: Database) -> list[Row]:
    """(days since the start, subscription, currency, kind, amount, event)."""
    async with database.reading() as tx:
        rows = await tx.fetch(
            "SELECT at, subscription_id, currency, kind, amount, event_id FROM mrr_movements ORDER BY 1, 2, 3"
        )
    begin = from_us(START)
    return [((row[0] - begin) / dt.timedelta(days=1), *row[1:]) for row in rows]


async def sums(database: Database, at: int) -> dict[str, Decimal]:
    async with database.reading() as tx:
        rows = await tx.fetch(
            "SELECT currency, sum(amount) FROM mrr_movements WHERE account_id = $1 AND at <= $2 GROUP BY 1", ACME,
            from_us(at),
        )  # fmt: skip
    return {row[0]: row[1] for row in rows if row[1]}


async def facts(database: Database) -> Facts:
    async with database.reading() as tx:
        return decode(await tx.value("SELECT facts FROM facts WHERE account_id = $1", ACME))


async def test_movements_are_tied_to_their_events(database: Database) -> None:
    first, more, end = subscribed(START, 1), subscribed(START + DAY, 2, amount=150), None
    end = subscribed(START + 2 * DAY, 3, status="cancelled")
    await tell(database, [EXISTS, first, more, end])
    assert await ledger(database) == [
        (0, "s", "USD", "new", 100, first.id),
        (1, "s", "USD", "expansion", 50, more.id),
        (2, "s", "USD", "churn", -150, end.id),
    ]


async def test_a_late_event_corrects_what_is_past(database: Database) -> None:
    first, last = subscribed(START, 1), subscribed(START + 9 * DAY, 2, amount=300)
    late = subscribed(START + 5 * DAY, 3, amount=250)
    await tell(database, [EXISTS, first, last])
    assert [row[3:5] for row in await ledger(database)] == [("new", 100), ("expansion", 200)]
    await tell(database, [late])
    assert [row[3:] for row in await ledger(database)] == [
        ("new", 100, first.id), ("expansion", 150, late.id), ("expansion", 50, last.id)
    ]  # fmt: skip


async def test_the_ledger_remembers_more_states_than_the_facts(database: Database) -> None:
    grown = [subscribed(START + n * DAY, n, amount=100 + n) for n in range(4 * MOST_SUBSCRIPTION_STATES)]
    await tell(database, [EXISTS], *([told] for told in grown))
    assert len((await facts(database)).subscriptions["s"]) == MOST_SUBSCRIPTION_STATES
    assert [row[4] for row in await ledger(database)] == [100, *[1] * (len(grown) - 1)]


async def test_what_is_told_again_unchanged_moves_nothing_and_writes_nothing(database: Database) -> None:
    await tell(database, [EXISTS, subscribed(START, 1)])
    before = await _versions(database)
    await tell(database, *([subscribed(START + n * DAY, n, seats=n)] for n in range(2, 9)))
    assert await _versions(database) == before


async def _versions(database: Database) -> list[Row]:
    async with database.reading() as tx:
        return [tuple(row) for row in await tx.fetch("SELECT xmin::text, ctid::text, at FROM mrr_movements")]


async def test_an_account_that_is_older_than_the_ledger_brings_what_its_facts_hold(database: Database) -> None:
    await tell(database, [EXISTS, subscribed(START, 1), subscribed(START + DAY, 2, amount=150)])
    whole = await ledger(database)
    async with database.writing() as tx:
        await tx.execute("DELETE FROM mrr_movements")
        await tx.execute("DELETE FROM subscription_states")
    assert await ledger(database) == []
    await tell(database, [subscribed(START + 2 * DAY, 3, amount=150)])
    assert await ledger(database) == whole


@pytest.mark.parametrize("turned", [False, True])
async def test_an_invoice_that_is_given_up_ends_what_is_past_due(database: Database, turned: bool) -> None:
    bill = {"invoice_id": "i", "amount": 1, "subscription_id": "s"}
    late = subscribed(START, 1, status="past_due")
    lost = event("invoice.updated", START + 9 * DAY, 2, status="uncollectible", **bill)
    paid = event("invoice.updated", START + 12 * DAY, 3, status="paid", **bill)
    await tell(database, [EXISTS], *([one] for one in ([late, lost][:: -1 if turned else 1])))
    assert [row[3:] for row in await ledger(database)] == [("new", 100, late.id), ("churn", -100, lost.id)]
    await tell(database, [paid])
    assert [row[3:] for row in await ledger(database)] == [("new", 100, late.id)]


@pytest.mark.parametrize("turned", [False, True])
async def test_terms_and_plans_that_come_later_are_reckoned_in(database: Database, turned: bool) -> None:
    first = subscribed(START, 1, discounts=[{"discount_id": "d"}])
    terms = event("discount.updated", START, 2, discount_id="d", percent=25, ends_at=from_us(START + DAY).isoformat())
    plan = event("schedule.updated", START, 3, schedule_id="p", subscription_id="s", status="active",
                 ends_at=from_us(START + 30 * DAY).isoformat())  # fmt: skip
    await tell(database, [EXISTS], *([one] for one in ([first, terms, plan][:: -1 if turned else 1])))
    assert [(row[0], *row[3:]) for row in await ledger(database)] == [
        (0, "new", 75, first.id), (1, "expansion", 25, first.id), (30, "churn", -100, plan.id)
    ]  # fmt: skip


async def test_subscriptions_and_invoices_tell_the_new_things_too(database: Database) -> None:
    items = [{"item_id": "i"}, {"item_id": "m", "amount": "5.5", "metered": True}]
    billed = event("invoice.updated", START, 3, invoice_id="i", status="open", amount="7", subscription_id="s")
    await tell(
        database, [EXISTS, subscribed(START, 1, items=items, trial_ends_at="2026-02-01T00:00:00Z"), billed]
    )  # fmt: skip
    async with database.reading() as tx:
        (told,) = await tx.fetch("SELECT mrr, metered, uncertain, trial_ends_at FROM subscriptions")
        assert tuple(told) == (0, Decimal("5.5"), True, dt.datetime(2026, 2, 1, tzinfo=dt.UTC))
        assert await tx.value("SELECT subscription_id FROM invoices") == "s"


@pytest.mark.parametrize("seed", range(12))
async def test_any_order_and_any_doubling_give_the_ledger_that_adds_up(database: Database, seed: int) -> None:
    dice = random.Random(seed)
    history = [_anything(dice, number) for number in range(60)]
    doubled = dice.sample(history * 2, len(history) * 2)
    await tell(database, [EXISTS], *(doubled[start : start + 7] for start in range(0, len(doubled), 7)))
    for at in {told.occurred_at + by for told in history for by in (-1, 0)} | {NOW}:
        assert await sums(database, at) == _owed(history, at)
    whole = await ledger(database)
    await empty(database)
    await tell(database, [EXISTS, *history])
    assert await ledger(database) == whole


def _anything(dice: random.Random, number: int) -> Event:
    status = dice.choice(["active", "active", "active", "past_due", "trialing", "cancelled"])
    return subscribed(
        START + dice.randrange(80) * DAY, number, subscription_id=dice.choice("stu"), status=status,
        amount=dice.choice(["10", "25.5", "99.99"]), currency=dice.choice(["USD", "EUR"]),
        interval=dice.choice(["month", "year"]), interval_count=dice.choice([1, 3]),
    )  # fmt: skip


def _owed(history: list[Event], at: int) -> dict[str, Decimal]:
    """Revenue at an instant, from the events themselves."""
    total: dict[str, Decimal] = {}
    for name in "stu":
        told = [e for e in history if e.body.subscription_id == name and e.occurred_at <= at]
        if told:
            body: SubscriptionUpdated = max(told, key=lambda e: (e.occurred_at, e.sequence, e.id)).body
            months = body.interval_count * (12 if body.interval == "year" else 1)
            monthly = body.amount / months if body.status in {"active", "past_due"} else Decimal(0)
            total[body.currency] = total.get(body.currency, Decimal(0)) + round(monthly, 6)
    return {currency: amount for currency, amount in total.items() if amount}
