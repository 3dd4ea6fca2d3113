"""Questions that only the console asks: the bands at a glance, why accounts need somebody, what happened."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from services.api.queries.events import event_of
from services.api.queries.explained import Models, causes, explained
from services.api.queries.visible import standing_accounts, visible_accounts
from services.api.roles import Caller
from services.api.schemas import ChangePart, StoredEvent
from services.health.assess import decode
from shared.database import Reading, Row

_LATELY = dt.timedelta(days=30)


async def bands_at_a_glance(tx: Reading, caller: Caller) -> dict[str, int]:
    """How many accounts the caller sees in each band."""
    rows = await tx.fetch(
        f"""
        SELECT coalesce(s.band, 'unknown') AS band, count(*) AS accounts
        FROM accounts a LEFT JOIN scores s ON s.account_id = a.id
        WHERE {visible_accounts()} AND {standing_accounts()} GROUP BY 1
        """,
        caller.book,
    )
    return {row["band"]: row["accounts"] for row in rows}


class Why(NamedTuple):
    """Why an account needs somebody: what cost it most lately, or where it loses most; and its fall, if it fell."""

    reasons: list[ChangePart]
    fell_from: int | None
    fell_at: dt.datetime | None


async def why(tx: Reading, accounts: Sequence[int], models: Models, now: dt.datetime) -> Mapping[int, Why]:
    """The reasons for each account, at most three: the points lost by each measure over 30 days (of its last twenty
    moves), in the words of the greatest loss; else its weakest measures."""
    rows = await tx.fetch(
        """
        SELECT s.account_id, s.model, s.assessment, s.assessed_at, f.previous_score, f.at AS fell_at,
               (SELECT array_agg(m.parts::text)
                FROM (SELECT parts FROM score_changes WHERE account_id = s.account_id AND at > $2
                      ORDER BY id DESC LIMIT 20) m) AS moves
        FROM scores s
        LEFT JOIN LATERAL (
            SELECT c.previous_score, c.at FROM crossings c
            WHERE c.account_id = s.account_id AND c.episode_id = s.episode_id AND c.direction = 'down'
            ORDER BY c.at DESC LIMIT 1
        ) f ON true
        WHERE s.account_id = ANY($1::bigint[])
        """,
        list(accounts), now - _LATELY,
    )  # fmt: skip
    return {
        row["account_id"]: Why(
            costliest(row["moves"] or ()) or _weakest(row, models), row["previous_score"], row["fell_at"]
        )
        for row in rows
    }


def costliest(moves: Sequence[str], most: int = 3) -> list[ChangePart]:
    """The measures that lost most over these moves; what rounds to nothing is no reason."""
    total: dict[str, ChangePart] = {}
    for part in (part for move in moves for part in causes(move) if part.measure != "rounding"):
        known = total.get(part.measure)
        if known is None:
            total[part.measure] = part
            continue
        told = min(known, part, key=lambda one: one.points)
        total[part.measure] = told.model_copy(update={"points": known.points + part.points})
    lost = sorted((part for part in total.values() if part.points <= -0.5), key=lambda part: part.points)
    return lost[:most]


def _weakest(row: Row, models: Models) -> list[ChangePart]:
    """The measures that cost most of what they could bring."""
    told = explained(decode(row["assessment"]), models.get(row["model"]), row["assessed_at"])
    measured = [one for group in told.groups for one in group.measures if one.points is not None]
    lost = sorted(measured, key=lambda one: one.contribution - one.weight)
    return [
        ChangePart(
            measure=one.measure,
            label=one.label,
            points=round(one.contribution - one.weight, 6),
            words=", ".join(dict.fromkeys(filter(None, (one.words, one.verdict)))),
            by_time=False,
            events=[],
            event_count=0,
        )
        for one in lost[:3]
        if one.contribution < one.weight
    ]


class Alert(NamedTuple):
    """A message to people about an account."""

    account_id: int
    account_name: str
    channel: str
    words: str
    status: str
    at: dt.datetime


async def newest_alerts(tx: Reading, caller: Caller, most: int = 8) -> list[Alert]:
    """What was sent, or decided not to be, newest first."""
    rows = await tx.fetch(
        f"""
        SELECT d.account_id, a.name AS account_name, d.channel, d.words, d.status,
               coalesce(d.sent_at, d.created_at) AS at
        FROM deliveries d JOIN accounts a ON a.id = d.account_id
        WHERE {visible_accounts()} ORDER BY d.created_at DESC LIMIT $2
        """,
        caller.book,
        most,
    )
    return [Alert(**dict(row)) for row in rows]


class Happening(NamedTuple):
    """One line of an account's timeline. `event` is set where it can be opened."""

    at: dt.datetime
    kind: str
    words: str
    detail: str
    event: StoredEvent | None = None


async def happenings(tx: Reading, account_id: int, most: int = 40) -> list[Happening]:
    """Crossings, transitions, moments of truth, runs, closed tasks and alerts of an account, newest first."""
    rows = await tx.fetch(
        """
        (SELECT at, 'crossing ' || direction AS kind,
                coalesce(from_band, 'unknown') || ' → ' || to_band AS words,
                coalesce(previous_score::text, '–') || ' → ' || coalesce(score::text, '–') AS detail
         FROM crossings WHERE account_id = $1 ORDER BY at DESC LIMIT $2)
        UNION ALL
        (SELECT coalesce(sent_at, created_at), 'alert ' || status, words, channel
         FROM deliveries WHERE account_id = $1 ORDER BY created_at DESC LIMIT $2)
        UNION ALL
        (SELECT closed_at, 'task ' || status, title, coalesce(outcome, '')
         FROM tasks WHERE account_id = $1 AND closed_at IS NOT NULL ORDER BY closed_at DESC LIMIT $2)
        UNION ALL
        (SELECT started_at, 'run started', words, playbook
         FROM runs WHERE account_id = $1 ORDER BY started_at DESC LIMIT $2)
        UNION ALL
        (SELECT at, replace(kind, '_', ' '), words, cause
         FROM transitions WHERE account_id = $1 ORDER BY at DESC LIMIT $2)
        UNION ALL
        (SELECT at, 'moment of truth', replace(moment, '_', ' '), thing
         FROM moments WHERE account_id = $1 ORDER BY at DESC LIMIT $2)
        ORDER BY 1 DESC LIMIT $2
        """,
        account_id,
        most,
    )
    return [Happening(row["at"], row["kind"], row["words"], row["detail"]) for row in rows]


async def telling_events(tx: Reading, account_id: int, most: int = 40) -> list[StoredEvent]:
    """An account's newest events but for usage, logins and sessions, which are many."""
    rows = await tx.fetch(
        """
        SELECT id, source, type, account_id, occurred_at, received_at, version, payload
        FROM telling_events
        WHERE account_id = $1 AND type NOT IN ('usage.recorded', 'login.recorded', 'session.recorded')
        ORDER BY version DESC, occurred_at DESC LIMIT $2
        """,
        account_id,
        most,
    )
    return [event_of(row) for row in rows]
