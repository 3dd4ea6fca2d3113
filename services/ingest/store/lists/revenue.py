"""Subscriptions and invoices, and with them the ledger of movements."""

import datetime as dt
from decimal import Decimal
from typing import Any

from services.ingest.store.lists import ledger, rows
from services.ingest.store.lists.rows import Table
from services.ingest.store.lists.telling import Telling, stamp_of
from shared.clock import from_us
from shared.database import Writing
from shared.facts import Event, Facts

KINDS = ("subscription.updated", "invoice.updated", "schedule.updated", "discount.updated")
TABLES = ("subscriptions", "invoices", *ledger.TABLES)

_SUBSCRIPTIONS = Table(
    "subscriptions", 2,
    (("account_id", "bigint"), ("subscription_id", "text"), ("status", "text"), ("plan", "text"), ("mrr", "numeric"),
     ("metered", "numeric"), ("currency", "text"), ("seats", "bigint"), ("started_at", "timestamptz"),
     ("renews_at", "timestamptz"), ("ends_at", "timestamptz"), ("trial_ends_at", "timestamptz"),
     ("cancels", "boolean"), ("uncertain", "boolean"), ("stamp", "bytea")),
)  # fmt: skip
_INVOICES = Table(
    "invoices", 2,
    (("account_id", "bigint"), ("invoice_id", "text"), ("status", "text"), ("amount", "numeric"), ("currency", "text"),
     ("issued_at", "timestamptz"), ("due_at", "timestamptz"), ("paid_at", "timestamptz"), ("subscription_id", "text"),
     ("stamp", "bytea")),
)  # fmt: skip


async def save(tx: Writing, telling: Telling) -> None:
    """Brings subscriptions, invoices and the ledger up to what was told."""
    told = telling.newest("subscription.updated", "subscription_id")
    states = [(account, id_, *_state(telling.facts[account], event)) for account, id_, event in told]
    await rows.put(tx, _SUBSCRIPTIONS, states)
    billed = telling.newest("invoice.updated", "invoice_id")
    await rows.put(tx, _INVOICES, [(account, id_, *_invoice(event)) for account, id_, event in billed])
    await ledger.save(tx, telling)


def _state(facts: Facts, event: Event) -> tuple[Any, ...]:
    s = ledger.state_told(facts, event)
    times = (_at(s.started_at), _at(s.renews_at), _at(s.ends_at), _at(s.trial_ends_at))
    money = (Decimal(s.mrr) / 1_000_000, Decimal(s.metered) / 1_000_000, s.currency)
    return (s.status, s.plan, *money, s.seats, *times, s.cancels, s.uncertain, stamp_of(event))


def _invoice(event: Event) -> tuple[Any, ...]:
    body = event.body
    times = (body.issued_at, body.due_at, body.paid_at)
    return (body.status, body.amount, body.currency, *times, body.subscription_id, stamp_of(event))


def _at(us: int | None) -> dt.datetime | None:
    return None if us is None else from_us(us)
