"""Revenue: subscriptions and invoices for reading, every state that a subscription was in, and the ledger of movements.

The ledger is reckoned anew from the states of the subscriptions that a batch touches, so that late events correct it;
only rows that differ are written. What is read and written depends on those, not on the account's history.
"""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

import msgspec

from shared.clock import from_us, to_us
from shared.database import Writing
from shared.facts import Event, Facts, Subscription
from shared.revenue import ledger
from shared.revenue.ledger import Aside, Change, Movement
from shared.revenue.price import resolved, state_of

Touched = Sequence[tuple[int, Facts, Sequence[Event]]]
"""(account, its new facts, the events that were folded in), for the accounts of a batch."""

_Key = tuple[int, str]  # account, subscription
_Place = tuple[int, dt.datetime, str, str]  # account, instant, subscription, currency
_Entry = tuple[str, Decimal, bytes]  # kind, amount, event

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Subscription).decode


async def save(tx: Writing, touched: Touched) -> None:
    """Brings subscriptions, invoices and the ledger up to the new facts. The accounts are locked."""
    await _save_subscriptions(tx, touched)
    await _save_invoices(tx, touched)
    await _save_states(tx, touched)
    named = {(account, name) for account, facts, events in touched for name in _moved(facts, events)}
    if named:
        await _rewrite(tx, {account: facts for account, facts, _ in touched}, named)


def _moved(facts: Facts, events: Iterable[Event]) -> set[str]:
    """Subscriptions whose revenue the events may have changed."""
    named: set[str] = set()
    for event in events:
        if event.type in {"subscription.updated", "invoice.updated"} and event.body.subscription_id is not None:
            named.add(event.body.subscription_id)
        elif event.type in {"schedule.updated", "discount.updated"}:
            named |= facts.subscriptions.keys()
    return named


# --- subscriptions and invoices -------------------------------------------------------------------


def _at(us: int | None) -> dt.datetime | None:
    return None if us is None else from_us(us)


def _named(touched: Touched, kind: str, key: str) -> list[tuple[int, Facts, str]]:
    """(account, facts, id of the thing) for every thing of a kind that the events tell of, in order, once each."""
    found = {
        (account, getattr(event.body, key)): facts
        for account, facts, events in touched
        for event in events
        if event.type == kind
    }
    return [(account, found[account, name], name) for account, name in sorted(found)]


async def _save_subscriptions(tx: Writing, touched: Touched) -> None:
    rows: list[tuple[Any, ...]] = []
    for account, facts, name in _named(touched, "subscription.updated", "subscription_id"):
        for s in facts.subscriptions.get(name, [])[:1]:
            times = (_at(s.started_at), _at(s.renews_at), _at(s.ends_at), _at(s.trial_ends_at))
            money = (_units(s.mrr), _units(s.metered), s.currency)
            rows.append((account, name, s.status, s.plan, *money, s.seats, *times, s.cancels, s.uncertain))
    if rows:
        await tx.execute(
            """
            INSERT INTO subscriptions (account_id, subscription_id, status, plan, mrr, metered, currency, seats,
                                       started_at, renews_at, ends_at, trial_ends_at, cancels, uncertain)
            SELECT * FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::numeric[], $6::numeric[],
                                 $7::text[], $8::bigint[], $9::timestamptz[], $10::timestamptz[],
                                 $11::timestamptz[], $12::timestamptz[], $13::boolean[], $14::boolean[])
            ON CONFLICT (account_id, subscription_id) DO UPDATE
               SET status = excluded.status, plan = excluded.plan, mrr = excluded.mrr, metered = excluded.metered,
                   currency = excluded.currency, seats = excluded.seats, started_at = excluded.started_at,
                   renews_at = excluded.renews_at, ends_at = excluded.ends_at,
                   trial_ends_at = excluded.trial_ends_at, cancels = excluded.cancels,
                   uncertain = excluded.uncertain
            """,
            *map(list, zip(*rows, strict=True)),
        )


async def _save_invoices(tx: Writing, touched: Touched) -> None:
    rows: list[tuple[Any, ...]] = []
    for account, facts, name in _named(touched, "invoice.updated", "invoice_id"):
        i = facts.invoices.get(name)
        if i is not None:
            times = (_at(i.issued_at), _at(i.due_at), _at(i.paid_at))
            rows.append((account, name, i.status, _units(i.amount), i.currency, *times, i.subscription))
    if rows:
        await tx.execute(
            """
            INSERT INTO invoices (account_id, invoice_id, status, amount, currency, issued_at, due_at, paid_at,
                                  subscription_id)
            SELECT * FROM unnest($1::bigint[], $2::text[], $3::text[], $4::numeric[], $5::text[],
                                 $6::timestamptz[], $7::timestamptz[], $8::timestamptz[], $9::text[])
            ON CONFLICT (account_id, invoice_id) DO UPDATE
               SET status = excluded.status, amount = excluded.amount, currency = excluded.currency,
                   issued_at = excluded.issued_at, due_at = excluded.due_at, paid_at = excluded.paid_at,
                   subscription_id = excluded.subscription_id
            """,
            *map(list, zip(*rows, strict=True)),
        )


def _units(micros: int) -> Decimal:
    return Decimal(micros) / 1_000_000


# --- the ledger -----------------------------------------------------------------------------------


async def _save_states(tx: Writing, touched: Touched) -> None:
    """Keeps the states that the events tell, and those the facts still hold of the same subscriptions: accounts that
    are older than the ledger bring what they have."""
    rows: dict[tuple[int, str, bytes], Subscription] = {}
    for account, facts, events in touched:
        for event in events:
            if event.type == "subscription.updated":
                name = event.body.subscription_id
                told = (*facts.subscriptions.get(name, ()), state_of(event))
                rows |= {(account, name, state.event): state for state in told}
    if rows:
        keys = sorted(rows)
        await tx.execute(
            """
            INSERT INTO subscription_states (account_id, subscription_id, event_id, state)
            SELECT * FROM unnest($1::bigint[], $2::text[], $3::bytea[], $4::bytea[]) ON CONFLICT DO NOTHING
            """,
            *map(list, zip(*keys, strict=True)), [_encode(rows[key]) for key in keys],
        )  # fmt: skip


async def _rewrite(tx: Writing, facts: Mapping[int, Facts], named: set[_Key]) -> None:
    accounts = sorted({account for account, _ in named})
    states = await _states(tx, named, facts)
    known = await _entries(tx, accounts)
    told: dict[int, list[Change]] = {account: [] for account in accounts}
    for (account, at, name, currency), (_, amount, event) in known.items():
        if (account, name) not in named:
            told[account].append(Change(to_us(at), name, currency, int(amount * 1_000_000), event))
    asides = {account: ledger.asides(facts[account]) for account in accounts}
    for (account, name), own in states.items():
        told[account] += ledger.changes(name, own, asides[account].get(name, Aside()))
    new = dict(_entry(account, moved) for account in accounts for moved in ledger.movements(told[account]))
    await _replace(tx, known, new)


def _entry(account: int, moved: Movement) -> tuple[_Place, _Entry]:
    change = moved.change
    place = (account, from_us(change.at), change.subscription, change.currency)
    return place, (moved.kind, _units(change.amount), change.event)


async def _states(tx: Writing, named: set[_Key], facts: Mapping[int, Facts]) -> dict[_Key, list[Subscription]]:
    """All states of subscriptions, in ascending order, with what is known of their discounts."""
    rows = await tx.fetch(
        """
        SELECT s.account_id, s.subscription_id, s.state FROM subscription_states s
          JOIN unnest($1::bigint[], $2::text[]) AS k(account_id, subscription_id)
            ON s.account_id = k.account_id AND s.subscription_id = k.subscription_id
        """,
        *map(list, zip(*named, strict=True)),
    )
    found: dict[_Key, list[Subscription]] = {}
    for account, name, state in rows:
        found.setdefault((account, name), []).append(resolved(_decode(state), facts[account].discounts))
    return {key: sorted(states, key=lambda state: state.stamp) for key, states in found.items()}


async def _entries(tx: Writing, accounts: Sequence[int]) -> dict[_Place, _Entry]:
    """The ledger of accounts as it stands."""
    rows = await tx.fetch(
        """
        SELECT account_id, at, subscription_id, currency, kind, amount, event_id FROM mrr_movements
         WHERE account_id = ANY($1::bigint[])
        """,
        accounts,
    )
    return {(row[0], row[1], row[2], row[3]): (row[4], row[5], row[6]) for row in rows}


async def _replace(tx: Writing, known: Mapping[_Place, _Entry], new: Mapping[_Place, _Entry]) -> None:
    gone = sorted(known.keys() - new.keys())
    if gone:
        await tx.execute(
            """
            DELETE FROM mrr_movements m
             USING unnest($1::bigint[], $2::timestamptz[], $3::text[], $4::text[])
                   AS g(account_id, at, subscription_id, currency)
             WHERE m.account_id = g.account_id AND m.at = g.at AND m.subscription_id = g.subscription_id
               AND m.currency = g.currency
            """,
            *map(list, zip(*gone, strict=True)),
        )
    changed = sorted((*place, *entry) for place, entry in new.items() if known.get(place) != entry)
    if changed:
        await tx.execute(
            """
            INSERT INTO mrr_movements (account_id, at, subscription_id, currency, kind, amount, event_id)
            SELECT * FROM unnest($1::bigint[], $2::timestamptz[], $3::text[], $4::text[], $5::text[],
                                 $6::numeric[], $7::bytea[])
            ON CONFLICT (account_id, at, subscription_id, currency) DO UPDATE
               SET kind = excluded.kind, amount = excluded.amount, event_id = excluded.event_id
            """,
            *map(list, zip(*changed, strict=True)),
        )
