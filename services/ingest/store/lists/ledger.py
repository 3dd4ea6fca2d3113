"""The ledger: every state that a subscription was in, and how each account's recurring revenue moved.

It is reckoned anew from the states of the subscriptions that a batch touches, so that late events correct it; only rows
that differ are written. What is read and written depends on those, not on the account's history.
"""

import datetime as dt
from collections.abc import Mapping, Sequence, Set
from decimal import Decimal

import msgspec

from services.ingest.store.lists.telling import Telling
from shared.clock import from_us, to_us
from shared.database import Writing
from shared.facts import Event, Facts, Subscription
from shared.revenue import ledger
from shared.revenue.ledger import NOTHING, Aside, Change, Movement
from shared.revenue.price import resolved, state_of

TABLES = ("subscription_states", "mrr_movements")

_Key = tuple[int, str]  # account, subscription
_Place = tuple[int, dt.datetime, str, str]  # account, instant, subscription, currency
_Entry = tuple[str, Decimal, bytes]  # kind, amount, event

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Subscription).decode


async def save(tx: Writing, telling: Telling) -> None:
    """Brings the ledger up to what was told; `invoices` is up to it. The accounts are locked."""
    await _save_states(tx, telling)
    named = _moved(telling)
    if named:
        await _reckon(tx, telling.facts, named)


def _moved(telling: Telling) -> set[_Key]:
    """Subscriptions whose revenue may have changed: of a schedule or a discount, all of the account's."""
    named = {
        (account, event.body.subscription_id)
        for account, event in telling.of("subscription.updated", "invoice.updated")
        if event.body.subscription_id is not None
    }
    for account, _ in telling.of("schedule.updated", "discount.updated"):
        named |= {(account, name) for name in telling.facts[account].subscriptions}
    return named


async def _save_states(tx: Writing, telling: Telling) -> None:
    """Keeps the states that the events tell."""
    told = {
        (account, event.body.subscription_id, event.id): state_told(telling.facts[account], event)
        for account, event in telling.of("subscription.updated")
    }
    await _keep(tx, told)


def state_told(facts: Facts, event: Event) -> Subscription:
    """What a `subscription.updated` says, with what is known of its discounts: mostly the facts still hold it."""
    for state in facts.subscriptions.get(event.body.subscription_id, ()):
        if state.event == event.id:
            return state
    return resolved(state_of(event), facts.discounts)


async def _keep(tx: Writing, states: Mapping[tuple[int, str, bytes], Subscription]) -> None:
    """Keeps states of (account, subscription, event)."""
    if states:
        keys = sorted(states)
        await tx.execute(
            """
            INSERT INTO subscription_states (account_id, subscription_id, event_id, state)
            SELECT * FROM unnest($1::bigint[], $2::text[], $3::bytea[], $4::bytea[]) ON CONFLICT DO NOTHING
            """,
            *map(list, zip(*keys, strict=True)), [_encode(states[key]) for key in keys],
        )  # fmt: skip


async def _reckon(tx: Writing, facts: Mapping[int, Facts], named: set[_Key]) -> None:
    accounts = sorted({account for account, _ in named})
    states, given_up = await _states(tx, named, facts), await _given_up(tx, named)
    known = await _entries(tx, accounts)
    told: dict[int, list[Change]] = {account: [] for account in accounts}
    for (account, at, name, currency), (_, amount, event) in known.items():
        if (account, name) not in named:
            told[account].append(Change(to_us(at), name, currency, int(amount * 1_000_000), event))
    asides = {account: ledger.asides(facts[account]) for account in accounts}
    for (account, name), own in states.items():
        aside = Aside(tuple(sorted(given_up.get((account, name), ()))), asides[account].get(name, NOTHING).end)
        told[account] += ledger.changes(name, own, aside)
    new = dict(_entry(account, moved) for account in accounts for moved in ledger.movements(told[account]))
    await _replace(tx, known, new)


def _entry(account: int, moved: Movement) -> tuple[_Place, _Entry]:
    change = moved.change
    place = (account, from_us(change.at), change.subscription, change.currency)
    return place, (moved.kind, Decimal(change.amount) / 1_000_000, change.event)


async def _states(tx: Writing, named: set[_Key], facts: Mapping[int, Facts]) -> dict[_Key, list[Subscription]]:
    """All states of subscriptions, in ascending order, with what is known of their discounts."""
    rows = await tx.fetch(
        """
        SELECT s.account_id, s.subscription_id, s.event_id, s.state FROM subscription_states s
          JOIN unnest($1::bigint[], $2::text[]) AS k(account_id, subscription_id)
            ON s.account_id = k.account_id AND s.subscription_id = k.subscription_id
        """,
        *map(list, zip(*named, strict=True)),
    )
    kept = {(row[0], row[1], row[2]): _decode(row[3]) for row in rows}
    kept |= await _bring(tx, named, facts, kept.keys())
    found: dict[_Key, list[Subscription]] = {}
    for (account, name, _), state in kept.items():
        found.setdefault((account, name), []).append(resolved(state, facts[account].discounts))
    return {key: sorted(states, key=lambda state: state.stamp) for key, states in found.items()}


async def _bring(
    tx: Writing, named: set[_Key], facts: Mapping[int, Facts], kept: Set[tuple[int, str, bytes]]
) -> dict[tuple[int, str, bytes], Subscription]:
    """States that only the facts still hold: accounts that are older than the ledger bring what they have."""
    held = {
        (account, name, state.event): state
        for account, name in named
        for state in facts[account].subscriptions.get(name, ())
    }
    missing = {key: state for key, state in held.items() if key not in kept}
    await _keep(tx, missing)
    return missing


async def _given_up(tx: Writing, named: set[_Key]) -> dict[_Key, list[tuple[int, bytes]]]:
    """The invoices of subscriptions that are uncollectible, as (instant, event)."""
    rows = await tx.fetch(
        """
        SELECT i.account_id, i.subscription_id, i.stamp FROM invoices i
          JOIN unnest($1::bigint[], $2::text[]) AS k(account_id, subscription_id)
            ON i.account_id = k.account_id AND i.subscription_id = k.subscription_id
         WHERE i.status = 'uncollectible' AND i.stamp <> ''
        """,
        *map(list, zip(*named, strict=True)),
    )
    found: dict[_Key, list[tuple[int, bytes]]] = {}
    for account, name, stamp in rows:
        found.setdefault((account, name), []).append((int.from_bytes(stamp[:8], "big", signed=True), stamp[16:]))
    return found


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
