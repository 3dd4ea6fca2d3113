"""Questions about why a score was what it was: what was in effect then, what had moved it, what silence had cost."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable

from services.api.queries.accounts import Span, score_history
from services.api.queries.explained import MILLION, MOVED, change_of, explained
from services.api.schemas import Change, ChangePart, HistoryRow, ScoreExplained
from services.api.schemas.why import DayLost, TimeLost, Why
from services.health.assess import Context, assess
from services.health.rules import Rules
from services.health.store import grid
from shared.clock import day_of, to_us
from shared.database import Reading, Row
from shared.facts import Facts

LOOKED_BACK = 90
"""Days over which the cost of passing time is told."""


async def why(tx: Reading, account: int, at: dt.datetime, rules: Rules, most: int) -> Why:
    """Why the account's score was what it was at the instant, with up to `most` changes. The caller has seen to
    `must_see`."""
    page = await score_history(tx, account, Span(as_of=at), rules, limit=1)
    row = page.data[0] if page.data else None
    return Why(
        at=at,
        in_effect=row,
        explanation=await _sum_of(tx, row, rules) if row else None,
        changes=[change_of(row) for row in await _changes(tx, account, at, most)],
        by_time=await time_lost(tx, account, at),
    )


async def _sum_of(tx: Reading, row: HistoryRow, rules: Rules) -> ScoreExplained | None:
    """The sum behind a row of history, against the reference that served its day."""
    model = rules.models.get(row.model)
    if model is None:
        return None
    day = day_of(to_us(row.effective_at))
    peers = (await grid.serving(tx, day)).get(row.segment, {})
    names = [one.column.key if row.kind == "close" else one.measure for one in model.read]
    values = [row.measures.get(name) for name in names]
    then = assess(model, Facts(), Context(peers, row.segment), to_us(row.effective_at), values)
    is_it = (then.score, then.coverage / MILLION) == (row.computed_score, row.coverage)
    return explained(then, model, row.effective_at) if is_it else None


async def time_lost(tx: Reading, account: int, at: dt.datetime) -> TimeLost:
    """What passing time alone has cost the account in the days before the instant."""
    rows = await tx.fetch(
        f"""
        SELECT {MOVED} FROM score_changes
         WHERE account_id = $1 AND at <= $2 AND at > $3 AND parts @> '[{{"by_time": true}}]' ORDER BY at DESC, id DESC
        """,
        account, at, at - dt.timedelta(LOOKED_BACK),
    )  # fmt: skip
    return _lost(map(change_of, rows))


def _lost(changes: Iterable[Change]) -> TimeLost:
    days: dict[dt.date, list[ChangePart]] = defaultdict(list)
    for change in changes:
        days[change.at.date()] += [part for part in change.parts if part.by_time]
    lost = [
        DayLost(day=day, points=points, parts=sorted(parts, key=lambda part: part.points))
        for day, parts in days.items()
        if (points := round(sum(part.points for part in parts), 6)) < 0
    ]
    return TimeLost(days=LOOKED_BACK, points=round(sum(day.points for day in lost), 6), lost=lost)


async def _changes(tx: Reading, account: int, until: dt.datetime, most: int) -> list[Row]:
    return await tx.fetch(
        f"""
        SELECT {MOVED} FROM score_changes
         WHERE account_id = $1 AND at <= $2 ORDER BY at DESC, id DESC LIMIT $3
        """,
        account, until, most,
    )  # fmt: skip
