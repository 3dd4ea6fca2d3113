"""What happened at an account: its events, and what became of them. The page and the API ask the same."""

import datetime as dt
from typing import NamedTuple

from services.api.cursors import After, page, read_cursor, write_cursor
from services.api.queries.events import EVENT, event_of
from services.api.queries.visible import named_person, who_is_meant
from services.api.schemas import StoredEvent
from shared.database import Reading, Row

_MANY = "('usage.recorded', 'login.recorded', 'session.recorded')"


class Happened(After, array_like=True, frozen=True):
    """Lines of a timeline by their instant; of one instant, by what they are of."""

    at: dt.datetime
    key: str


class Happening(NamedTuple):
    """One line of an account's timeline. `event` is set where it is one."""

    at: dt.datetime
    kind: str
    words: str
    detail: str
    event: StoredEvent | None = None


class Timeline(NamedTuple):
    """Some lines, newest first, and the cursor of those that follow, if there are more."""

    lines: list[Happening]
    next: str | None


_JOINED = {"signals": named_person()}
_LINES = (
    ("crossings", "at", "id::text", "'crossing ' || direction", "coalesce(from_band, 'unknown') || ' → ' || to_band",
     "coalesce(previous_score::text, '–') || ' → ' || coalesce(score::text, '–')", "true"),
    ("signals", "g.at", "g.id::text", "'signal ' || g.severity", who_is_meant(), "g.label", "true"),
    ("deliveries", "coalesce(sent_at, created_at)", "id::text", "'alert ' || status", "words", "channel", "true"),
    ("tasks", "closed_at", "id::text", "'task ' || status", "title", "coalesce(outcome, '')", "closed_at IS NOT NULL"),
    ("runs", "started_at", "id::text", "'run started'", "words", "playbook", "true"),
    ("transitions", "at", "id::text", "replace(kind, '_', ' ')", "words", "cause", "true"),
    ("moments", "at", "moment || ':' || thing", "'moment of truth'", "replace(moment, '_', ' ')", "thing", "true"),
    ("telling_events", "occurred_at", "encode(id, 'hex')", "'event'", "type", "source", f"type NOT IN {_MANY}"),
)  # fmt: skip
"""(table, instant, key, kind, words, detail, which rows) of each kind of line."""


async def timeline(tx: Reading, account_id: int, limit: int, cursor: str | None = None) -> Timeline:
    """Crossings, signals, transitions, moments of truth, runs, closed tasks, alerts and events of an account, but for
    usage, logins and sessions, which are many."""
    after = read_cursor(cursor, Happened)
    parts = [
        f"""
        (SELECT {at} AS at, '{table}:' || {key} AS key, {kind} AS kind, {words} AS words, {detail} AS detail
           FROM {table} g {_JOINED.get(table, "")} WHERE g.account_id = $1 AND {only}
            AND ($3::timestamptz IS NULL OR ({at}, '{table}:' || {key}) < ($3, $4::text))
          ORDER BY 1 DESC, 2 DESC LIMIT $2)
        """
        for table, at, key, kind, words, detail, only in _LINES
    ]
    rows = await tx.fetch(
        f"{' UNION ALL '.join(parts)} ORDER BY 1 DESC, 2 DESC LIMIT $2",
        account_id, limit + 1, after and after.at, after and after.key,
    )  # fmt: skip
    found, last = page(rows, limit)
    events = await _events(tx, account_id, [row["key"].partition(":")[2] for row in found if row["kind"] == "event"])
    return Timeline([_line(row, events) for row in found], last and write_cursor(Happened(last["at"], last["key"])))


def _line(row: Row, events: dict[str, StoredEvent]) -> Happening:
    event = events.get(row["key"].partition(":")[2]) if row["kind"] == "event" else None
    return Happening(row["at"], row["kind"], row["words"], row["detail"], event)


async def _events(tx: Reading, account_id: int, ids: list[str]) -> dict[str, StoredEvent]:
    rows = await tx.fetch(
        f"""
        SELECT {EVENT} FROM telling_events e
         WHERE e.account_id = $1 AND e.id = ANY($2::bytea[]) AND e.type NOT IN ('usage.recorded', 'login.recorded')
        """,
        account_id, [bytes.fromhex(one) for one in ids],
    )  # fmt: skip
    return {row["id"].hex(): event_of(row) for row in rows}


async def names_of_people(tx: Reading, account_id: int) -> dict[str, str]:
    """What the people of an account are called, by the ids that events name."""
    rows = await tx.fetch("SELECT person_id, name FROM people WHERE account_id = $1 AND name IS NOT NULL", account_id)
    return {row["person_id"]: row["name"] for row in rows}
