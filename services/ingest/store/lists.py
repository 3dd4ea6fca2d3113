"""The lists for reading: what facts say now of an account's attributes, people, tickets; revenue is `store.revenue`."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from services.ingest.store import revenue
from shared.clock import from_us
from shared.database import Writing
from shared.facts import Event, Facts

Touched = Sequence[tuple[int, Facts, Sequence[Event]]]
"""(account, its new facts, the events that were folded in), for the accounts of a batch."""

_ATTRIBUTES = ("name", "domain", "industry", "region", "country", "time_zone", "owner")


async def save_all(tx: Writing, touched: Touched) -> None:
    """Brings the lists up to the new facts. Rows follow the facts, so the order of arrival does not matter."""
    await _save_attributes(tx, touched)
    await _save_people(tx, touched)
    await revenue.save(tx, touched)
    await _save_tickets(tx, touched)


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


async def _upsert(tx: Writing, table: str, key: str, columns: dict[str, str], rows: list[tuple[Any, ...]]) -> None:
    """Inserts or replaces rows; `columns` maps each column, its keys first, to its type."""
    if not rows:
        return
    arrays = ", ".join(f"${i}::{kind}[]" for i, kind in enumerate(columns.values(), start=1))
    changes = ", ".join(f"{name} = excluded.{name}" for name in columns if name not in key.split(", "))
    await tx.execute(
        f"INSERT INTO {table} ({', '.join(columns)}) SELECT * FROM unnest({arrays})"
        f" ON CONFLICT ({key}) DO UPDATE SET {changes}",
        *map(list, zip(*rows, strict=True)),
    )


async def _save_attributes(tx: Writing, touched: Touched) -> None:
    rows = [
        (account, *(facts.field(name) for name in _ATTRIBUTES))
        for account, facts, events in sorted(touched, key=lambda t: t[0])
        if any(event.type == "account.updated" for event in events)
    ]
    if rows:
        await tx.execute(
            """
            UPDATE accounts a
               SET name = coalesce(n.name, a.name), domain = n.domain, industry = n.industry, region = n.region,
                   country = n.country, time_zone = n.time_zone, crm_owner = n.owner
              FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[],
                          $8::text[]) AS n(id, name, domain, industry, region, country, time_zone, owner)
             WHERE a.id = n.id
            """,
            *map(list, zip(*rows, strict=True)),
        )


async def _save_people(tx: Writing, touched: Touched) -> None:
    told = sorted(
        ((account, event) for account, _, events in touched for event in events if event.type == "person.updated"),
        key=lambda pair: (pair[1].occurred_at, pair[1].sequence, pair[1].id),
    )
    latest = {(account, event.body.person_id): event for account, event in told}
    columns = ("name", "email", "title", "role")
    rows = [
        (account, person, *(getattr(event.body, c) for c in columns), from_us(event.occurred_at))
        for (account, person), event in sorted(latest.items(), key=lambda item: item[0])
    ]
    if rows:
        await tx.execute(
            """
            INSERT INTO people AS p (account_id, person_id, name, email, title, role, updated_at)
            SELECT * FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[],
                                 $7::timestamptz[])
            ON CONFLICT (account_id, person_id) DO UPDATE
               SET name = coalesce(excluded.name, p.name), email = coalesce(excluded.email, p.email),
                   title = coalesce(excluded.title, p.title), role = excluded.role, updated_at = excluded.updated_at
             WHERE excluded.updated_at >= p.updated_at
            """,
            *map(list, zip(*rows, strict=True)),
        )
    await _save_departures(tx, touched)


async def _save_departures(tx: Writing, touched: Touched) -> None:
    """Whether a person has left follows the facts: the newer of what was said last."""
    named = [*_named(touched, "person.left", "person_id"), *_named(touched, "person.updated", "person_id")]
    rows = []
    for account, facts, person in sorted(named, key=lambda n: (n[0], n[2])):
        departure, known = facts.departures.get(person), facts.people.get(person)
        gone = departure is not None and (known is None or departure.stamp > known.stamp)
        at = from_us(max(stamp.at for stamp in (departure, known) if stamp is not None)) if departure or known else None
        if at is not None:
            rows.append((account, person, from_us(departure.at) if gone and departure else None, at))
    unique = {row[:2]: row for row in rows}
    if unique:
        await tx.execute(
            """
            INSERT INTO people AS p (account_id, person_id, left_at, updated_at)
            SELECT * FROM unnest($1::bigint[], $2::text[], $3::timestamptz[], $4::timestamptz[])
            ON CONFLICT (account_id, person_id) DO UPDATE SET left_at = excluded.left_at
            """,
            *map(list, zip(*unique.values(), strict=True)),
        )


async def _save_tickets(tx: Writing, touched: Touched) -> None:
    rows = []
    for account, facts, name in _named(touched, "ticket.updated", "ticket_id"):
        t = facts.tickets.get(name)
        if t is not None:
            rest = (t.sentiment, t.escalated, from_us(t.opened_at), _at(t.resolved_at), t.satisfaction)
            rows.append((account, name, t.status, t.priority, *rest))
    await _upsert(
        tx, "tickets", "account_id, ticket_id",
        {
            "account_id": "bigint", "ticket_id": "text", "status": "text", "priority": "text", "sentiment": "text",
            "escalated": "boolean", "opened_at": "timestamptz", "resolved_at": "timestamptz",
            "satisfaction": "double precision",
        },
        rows,
    )  # fmt: skip
