"""Questions that only the console asks: the bands at a glance, why accounts need somebody."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from services.api.cursors import ByNumber, page, read_cursor, write_cursor
from services.api.queries.accounts import SHORT, account_of
from services.api.queries.explained import Models, causes, explained
from services.api.queries.visible import (
    listed_accounts,
    live_subscription,
    visible_accounts,
)
from services.api.roles import Caller
from services.api.schemas import Account, Change, ChangePart, Page
from services.health.assess import decode
from shared.database import Reading, Row

_LATELY = dt.timedelta(days=30)
_FELL_LATELY = dt.timedelta(days=14)


async def bands_at_a_glance(tx: Reading, caller: Caller) -> dict[str, int]:
    """How many accounts the caller sees in each band."""
    rows = await tx.fetch(
        f"""
        SELECT coalesce(s.band, 'unknown') AS band, count(*) AS accounts
        FROM accounts a LEFT JOIN scores s ON s.account_id = a.id
        WHERE {visible_accounts()} AND {listed_accounts()} GROUP BY 1
        """,
        caller.book,
    )
    return {row["band"]: row["accounts"] for row in rows}


class Needs(NamedTuple):
    """Accounts that need somebody, first where most is at stake; and those that have left, which are past help."""

    found: Page[Account]
    left: list[Account]


async def needs(
    tx: Reading, caller: Caller, bands: Sequence[str], now: dt.datetime, *, limit: int, cursor: str | None
) -> Needs:
    """Accounts in these bands (the last is the worst): by band, those that fell within a fortnight first, by revenue.
    One that had subscriptions and has none that is live has left."""
    after = read_cursor(cursor, ByNumber)
    skipped = after.id if after else 0
    rows = await tx.fetch(_NEEDS, caller.book, list(bands), now, now - _FELL_LATELY, limit + 1, skipped)
    found, last = page(rows, limit)
    next_ = last and write_cursor(ByNumber(skipped + limit))
    left = [] if skipped else await tx.fetch(_LEFT, caller.book, list(bands), now)
    return Needs(
        Page(data=[account_of(row, now) for row in found], next=next_ or None), [account_of(row, now) for row in left]
    )


_AT_STAKE = f"""
    SELECT {SHORT}, array_position($2::text[], s.band) AS rank, money.live, money.mrr, s.episode_id
    FROM accounts a JOIN account_owners o ON o.account_id = a.id JOIN scores s ON s.account_id = a.id
    CROSS JOIN LATERAL (
        SELECT count(*) = 0 OR count(*) FILTER (WHERE {live_subscription(now="$3")}) > 0 AS live,
               sum(u.mrr) FILTER (WHERE {live_subscription(now="$3")}) AS mrr
        FROM subscriptions u WHERE u.account_id = a.id) money
    WHERE {visible_accounts()} AND {listed_accounts()} AND s.band = ANY($2)
"""
_NEEDS = f"""
    WITH stake AS ({_AT_STAKE})
    SELECT stake.* FROM stake
    WHERE stake.live
    ORDER BY rank DESC,
             EXISTS (SELECT FROM crossings c WHERE c.account_id = stake.id AND c.episode_id = stake.episode_id
                                               AND c.direction = 'down' AND c.at >= $4) DESC,
             mrr DESC NULLS LAST, score, id
    LIMIT $5 OFFSET $6
"""
_LEFT = f"""
    WITH stake AS ({_AT_STAKE})
    SELECT stake.* FROM stake WHERE NOT stake.live ORDER BY name, id LIMIT 50
"""


class Renewal(NamedTuple):
    """A subscription that renews soon. `arr` is in its own currency."""

    account_id: int
    account_name: str
    score: int | None
    band: str
    renews_on: dt.date
    arr: float
    currency: str
    cancels: bool


async def renewals(tx: Reading, caller: Caller, now: dt.datetime, until: dt.datetime, most: int = 8) -> list[Renewal]:
    """Live subscriptions that renew, or end where they were cancelled, until then; the soonest first."""
    rows = await tx.fetch(
        f"""
        SELECT a.id AS account_id, a.name AS account_name, s.score, coalesce(s.band, 'unknown') AS band,
               (coalesce(u.ends_at, u.renews_at) AT TIME ZONE 'UTC')::date AS renews_on, (12 * u.mrr)::float8 AS arr,
               u.currency, u.cancels OR u.ends_at IS NOT NULL AS cancels
        FROM subscriptions u JOIN accounts a ON a.id = u.account_id LEFT JOIN scores s ON s.account_id = a.id
        WHERE {visible_accounts()} AND {listed_accounts()} AND {live_subscription(now='$2')}
          AND coalesce(u.ends_at, u.renews_at) BETWEEN $2 AND $3
        ORDER BY coalesce(u.ends_at, u.renews_at), u.mrr DESC LIMIT $4
        """,
        caller.book, now, until, most,
    )  # fmt: skip
    return [Renewal(**dict(row)) for row in rows]


class Why(NamedTuple):
    """Why an account needs somebody: what cost it most lately, or where it loses most of what it could bring; and its
    fall, if it fell."""

    reasons: list[ChangePart]
    lately: bool
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
    return {row["account_id"]: _why(row, models) for row in rows}


def _why(row: Row, models: Models) -> Why:
    lost = costliest(row["moves"] or ())
    return Why(lost or _weakest(row, models), bool(lost), row["previous_score"], row["fell_at"])


def costliest(moves: Sequence[str], most: int = 3) -> list[ChangePart]:
    """The measures that lost most over these moves; what rounds to nothing is no reason."""
    return _costliest([part for move in moves for part in causes(move)], most)


def _costliest(parts: Sequence[ChangePart], most: int) -> list[ChangePart]:
    total: dict[str, ChangePart] = {}
    for part in (part for part in parts if part.measure != "rounding"):
        known = total.get(part.measure)
        if known is None:
            total[part.measure] = part
            continue
        told = min(known, part, key=lambda one: one.points)
        total[part.measure] = told.model_copy(update={"points": known.points + part.points})
    lost = sorted((part for part in total.values() if part.points <= -0.5), key=lambda part: part.points)
    return lost[:most]


def costliest_changes(changes: Sequence[Change], now: dt.datetime, most: int = 5) -> list[ChangePart]:
    """What the changes of the last thirty days cost, by measure; none of fewer than two, which speak for themselves."""
    lately = [change for change in changes if change.at >= now - _LATELY]
    return _costliest([part for change in lately for part in change.parts], most) if len(lately) > 1 else []


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
