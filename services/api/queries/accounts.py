"""Questions about accounts and their scores."""

import datetime as dt
from collections.abc import Sequence
from typing import NamedTuple

from services.api.cursors import ByScore, HistoryAt, page, read_cursor, write_cursor
from services.api.queries import segments
from services.api.queries.chances import churn_chance
from services.api.queries.companies import children_of, parent_of
from services.api.queries.explained import MILLION, MOVED, Models, change_of, explained
from services.api.queries.overrides import override_in_force
from services.api.queries.signals import signals_of
from services.api.queries.subscribed import SUBSCRIBED, subscribed_of
from services.api.queries.trends import TRENDS, trends_of
from services.api.queries.visible import accounts_that_are_now, listed_accounts, standing_accounts, visible_accounts
from services.api.queries.work import runs_of, tasks_of
from services.api.roles import Caller
from services.api.schemas import Account, AccountDetail, Change, Episode, ExternalId, HistoryRow, Page, ScoreExplained
from services.health.assess import decode
from services.health.factors import arr_of
from services.health.overrides import computed_score
from services.health.rules import Rules
from shared import facts
from shared.clock import to_us
from shared.database import Reading, Row
from shared.errors import Merged, NotFound

_UNSCORED = 101
"""Where accounts without a score stand in the order of scores: last."""

_HELD = """
    (SELECT min(h.effective_at) FROM score_history h
      WHERE h.account_id = a.id AND h.effective_at > coalesce((
            SELECT other.effective_at FROM score_history other
             WHERE other.account_id = a.id AND other.effective_at < s.episode_opened_at
               AND (other.band, other.model) <> (s.band, s.model)
             ORDER BY other.effective_at DESC LIMIT 1), '-infinity'))
"""
"""Since when the history has the account in its band: an episode that opened with a first score, or by an import, began
on a day that was imported."""

_IS_IMPORTED = "EXISTS (SELECT FROM episodes e WHERE e.id = s.episode_id AND e.cause IN ('first', 'import'))"

SHORT = f"""
    a.id, a.name, o.owner, o.owner_from, s.segment, coalesce(s.served_as, s.segment) AS served_as, s.tier, s.size,
    s.stage, s.stage_since, s.score, coalesce(s.band, 'unknown') AS band, s.coverage, s.facts, s.override,
    CASE WHEN s.episode_band <> s.band THEN s.effective_at
         WHEN {_IS_IMPORTED} THEN least(s.episode_opened_at, {_HELD})
         ELSE coalesce(s.episode_opened_at, s.effective_at) END AS in_band_since
"""


_AS_STORED = ("owner", "owner_from", "segment", "served_as", "tier", "size", "stage", "stage_since")


class AccountFilter(NamedTuple):
    """Which accounts are wanted; None does not ask."""

    bands: Sequence[str] | None = None
    owner: str | None = None
    segment: str | None = None
    q: str | None = None
    served_as: str | None = None
    tier: str | None = None
    size: str | None = None
    stage: str | None = None
    unowned: bool | None = None
    deleted: bool = False
    """Those that their source has deleted, instead of all others."""


async def list_accounts(
    tx: Reading, caller: Caller, wanted: AccountFilter, *, limit: int, cursor: str | None, now: dt.datetime
) -> Page[Account]:
    """Accounts, worst score first, those without a score last. `q` finds part of a name, an id, a domain; what it finds
    of an account that was merged finds the one that this is now."""
    after = read_cursor(cursor, ByScore)
    rows = await tx.fetch(
        f"""
        SELECT {SHORT}
        FROM accounts a
        JOIN account_owners o ON o.account_id = a.id
        LEFT JOIN scores s ON s.account_id = a.id
        WHERE {visible_accounts()} AND {standing_accounts()} AND (a.deleted_at IS NOT NULL) = $11::boolean
          AND ($2::text[] IS NULL OR coalesce(s.band, 'unknown') = ANY($2))
          AND ($3::text IS NULL OR lower(o.owner) = lower($3))
          AND ($4::text IS NULL OR s.segment = $4)
          AND ($5::text IS NULL
               OR a.id IN (SELECT coalesce(m.survivor, m.id) FROM accounts m
                            WHERE strpos(lower(m.name), lower($5)) > 0 OR m.id::text = $5 OR lower(m.domain) = lower($5)
                               OR m.id IN (SELECT i.account_id FROM identities i WHERE i.external_id = $5)))
          AND ($6::text IS NULL OR coalesce(s.served_as, s.segment) = $6)
          AND ($7::text IS NULL OR s.tier = $7)
          AND ($8::text IS NULL OR s.size = $8)
          AND ($9::text IS NULL OR s.stage = $9)
          AND ($10::boolean IS NULL OR (o.owner IS NULL) = $10)
          AND ($12::bigint IS NULL OR (coalesce(s.score, {_UNSCORED})::bigint, a.id) > ($12, $13::bigint))
        ORDER BY coalesce(s.score, {_UNSCORED})::bigint, a.id
        LIMIT $14
        """,
        caller.book, *wanted, after and after.score, after and after.id, limit + 1,
    )  # fmt: skip
    found, last = page(rows, limit)
    next_ = last and write_cursor(ByScore(_UNSCORED if last["score"] is None else last["score"], last["id"]))
    return Page(data=[account_of(row, now) for row in found], next=next_)


def account_of(row: Row, now: dt.datetime) -> Account:
    """A row of `SHORT`."""
    arr = arr_of(facts.decode(row["facts"]), to_us(now)) if row["facts"] else None
    held = override_in_force(row["override"], now)
    return Account(
        id=row["id"],
        name=row["name"],
        **{name: row[name] for name in _AS_STORED},
        score=row["score"],
        band=row["band"],
        coverage=None if row["coverage"] is None else row["coverage"] / MILLION,
        arr=None if arr is None else round(arr / MILLION, 2),
        in_band_since=row["in_band_since"],
        override_until=held.expires_at if held else None,
    )


async def account_detail(
    tx: Reading, caller: Caller, account_id: int, models: Models, now: dt.datetime
) -> AccountDetail:
    """One account with all that explains it. Raises NotFound, also for one that the caller may not see, and Merged."""
    row = await _row(tx, caller, account_id, now)
    if row is None:
        raise await _not_here(tx, caller, account_id)
    return AccountDetail(
        **dict(account_of(row, now)),
        deleted_at=row["deleted_at"],
        refresh_since=row["refresh_since"],
        domain=row["domain"],
        industry=row["industry"],
        region=row["region"],
        country=row["country"],
        time_zone=row["time_zone"],
        external_ids=[ExternalId(source=source, id=one) for source, one in row["external_ids"] or ()],
        owner_words=row["owner_words"],
        subscribed=subscribed_of(row["subscribed"]),
        transitions=segments.transitions_of(row["transitions"]),
        moments=segments.moments_of(row["moments"]),
        episode=_episode(row),
        explanation=_explanation(row, models),
        churn=await churn_chance(tx, account_id),
        parent_id=row["parent_id"],
        parent_name=row["parent_name"],
        is_parent=row["is_parent"],
        trends=trends_of(row["trends"], row["score"], row["model"]),
        override=override_in_force(row["override"], now),
        changes=await _changes(tx, account_id),
        signals=await signals_of(tx, account_id),
        tasks=await tasks_of(tx, account_id),
        runs=await runs_of(tx, account_id),
    )


async def _row(tx: Reading, caller: Caller, account_id: int, now: dt.datetime) -> Row | None:
    """What one question answers: the account, its score, its parent. None for one that the caller may not see."""
    return await tx.row(
        f"""
        SELECT {SHORT}, a.deleted_at, a.refresh_since,
               a.domain, a.industry, a.region, a.country, a.time_zone, s.model, s.assessment, s.assessed_at,
               s.episode_id, s.episode_band, s.episode_opened_at,
               {TRENDS} AS trends, EXISTS ({children_of("a.id")}) AS is_parent, parent.id AS parent_id,
               parent.name AS parent_name, o.words AS owner_words,
               {SUBSCRIBED} AS subscribed, {segments.TRANSITIONS} AS transitions, {segments.MOMENTS} AS moments,
               (SELECT array_agg(ARRAY[i.source, i.external_id] ORDER BY i.source, i.external_id)
                FROM identities i WHERE i.account_id = ANY({accounts_that_are_now()})) AS external_ids
        FROM accounts a
        JOIN account_owners o ON o.account_id = a.id
        LEFT JOIN scores s ON s.account_id = a.id
        LEFT JOIN accounts parent ON parent.id = {parent_of()} AND {visible_accounts("parent")}
        WHERE {visible_accounts()} AND {standing_accounts()} AND a.id = $2
        """,
        caller.book,
        account_id,
        now,
    )


def _explanation(row: Row, models: Models) -> ScoreExplained | None:
    if not row["assessment"]:
        return None
    return explained(decode(row["assessment"]), models.get(row["model"]), row["assessed_at"])


def _episode(row: Row) -> Episode | None:
    if row["episode_id"] is None:
        return None
    return Episode(id=row["episode_id"], band=row["episode_band"], opened_at=row["episode_opened_at"])


async def _not_here(tx: Reading, caller: Caller, account_id: int) -> NotFound | Merged:
    """Why an account is not shown: it is another one now, if the caller may see that one."""
    into = await tx.value(
        f"SELECT a.id FROM accounts gone JOIN accounts a ON a.id = gone.survivor"
        f" WHERE {visible_accounts()} AND gone.id = $2",
        caller.book, account_id,
    )  # fmt: skip
    return Merged(account_id, into) if into else NotFound(f"There is no account {account_id} that you may see.")


async def _changes(tx: Reading, account_id: int, most: int = 10) -> list[Change]:
    rows = await tx.fetch(
        f"SELECT {MOVED} FROM score_changes"
        " WHERE account_id = $1 ORDER BY id DESC LIMIT $2",
        account_id, most,
    )  # fmt: skip
    return [change_of(row) for row in rows]


async def known_owners(tx: Reading, caller: Caller) -> list[str]:
    """Whose accounts the caller sees."""
    rows = await tx.fetch(
        f"SELECT DISTINCT lower(o.owner) AS owner FROM accounts a JOIN account_owners o ON o.account_id = a.id"
        f" WHERE {visible_accounts()} AND {listed_accounts()} AND o.owner IS NOT NULL ORDER BY 1",
        caller.book,
    )
    return [row["owner"] for row in rows]


async def must_see(tx: Reading, caller: Caller, account_id: int) -> None:
    """Raises NotFound unless the account exists and the caller may see it; Merged if it is another one now."""
    if not await tx.value(
        f"SELECT true FROM accounts a WHERE {visible_accounts()} AND {standing_accounts()} AND a.id = $2",
        caller.book, account_id,
    ):  # fmt: skip
        raise await _not_here(tx, caller, account_id)


class Span(NamedTuple):
    """Which part of a history is wanted, and as known when."""

    since: dt.datetime | None = None
    until: dt.datetime | None = None
    as_of: dt.datetime | None = None
    known_at: dt.datetime | None = None


async def score_history(
    tx: Reading, account_id: int, span: Span, rules: Rules, *, limit: int, cursor: str | None = None
) -> Page[HistoryRow]:
    """Moves and day closes, newest first; of several recordings of one instant the last one known at `known_at`.

    With `as_of`, the one row that was in effect then. The caller has seen to `must_see`.
    """
    after = read_cursor(cursor, HistoryAt)
    rows = await tx.fetch(
        """
        SELECT DISTINCT ON (effective_at, kind)
               kind, effective_at, recorded_at, model, segment, score, raw, band, coverage, measures, corrects,
               override_id
        FROM score_history
        WHERE account_id = $1
          AND ($2::timestamptz IS NULL OR effective_at >= $2)
          AND ($3::timestamptz IS NULL OR effective_at < $3)
          AND ($4::timestamptz IS NULL OR effective_at <= $4)
          AND ($5::timestamptz IS NULL OR recorded_at <= $5)
          AND ($6::timestamptz IS NULL OR effective_at < $6 OR (effective_at = $6 AND kind > $7::text))
        ORDER BY effective_at DESC, kind, recorded_at DESC, id DESC
        LIMIT $8
        """,
        account_id, *span, after and after.at, after and after.kind, 1 if span.as_of else limit + 1,
    )  # fmt: skip
    found, last = page(rows, limit)
    next_ = last and write_cursor(HistoryAt(last["effective_at"], last["kind"]))
    return Page(data=[_history(row, rules) for row in found], next=next_)


def _history(row: Row, rules: Rules) -> HistoryRow:
    values: Sequence[float | None] = row["measures"]
    return HistoryRow(
        **{name: row[name] for name in ("kind", "effective_at", "recorded_at", "model", "segment", "score", "band")},
        corrects=row["corrects"],
        computed_score=computed_score(row["raw"]),
        override_id=row["override_id"],
        coverage=row["coverage"] / MILLION,
        measures=_named(row, values, rules),
    )


def _named(row: Row, values: Sequence[float | None], rules: Rules) -> dict[str, float | None]:
    """The values by name: a close has those of all columns, a move those of its model's measures."""
    if row["kind"] == "close":
        return rules.columns.named(values)
    model = rules.models.get(row["model"])
    return dict(zip(model.measures if model else map(str, range(len(values))), values, strict=True))
