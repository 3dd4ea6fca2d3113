"""Questions about segments and stages: how many accounts are in each, and what moved an account between them."""

from collections.abc import Sequence
from typing import Literal

from pydantic import TypeAdapter

from services.api.queries.visible import listed_accounts, visible_accounts
from services.api.roles import Caller
from services.api.schemas import (
    CoverageModel,
    Moment,
    SegmentRow,
    SegmentScheme,
    SegmentSchemes,
    Transition,
)
from services.health.coverage import Coverage
from services.health.rules import Rules
from services.health.segments import Scheme, Segment
from services.health.stages import Lifecycle, Stage
from services.health.teams import headcount
from shared.database import Reading, Row

MILLION = 1_000_000


TRANSITIONS = """
    (SELECT json_agg(t) FROM (SELECT kind, scheme, from_name, to_name, cause, words, events, entered_at, at
                                FROM transitions WHERE account_id = a.id ORDER BY at DESC, kind LIMIT 10) t)
"""
"""SQL: the newest transitions of an account `a`, newest first, as JSON."""

MOMENTS = """
    (SELECT json_agg(m) FROM (SELECT moment, thing, at, encode(event_id, 'hex') AS event
                                FROM moments WHERE account_id = a.id ORDER BY at DESC, moment LIMIT 20) m)
"""
"""SQL: its moments of truth, newest first, as JSON."""

_transitions = TypeAdapter(list[Transition])
_moments = TypeAdapter(list[Moment])


def transitions_of(stored: str | None) -> list[Transition]:
    """What TRANSITIONS gave."""
    return _transitions.validate_json(stored or "[]")


def moments_of(stored: str | None) -> list[Moment]:
    """What MOMENTS gave."""
    return _moments.validate_json(stored or "[]")


async def counted(tx: Reading, caller: Caller) -> list[Row]:
    """(segment, served_as, tier, size, stage, accounts, arr, unowned) of the accounts that the caller sees, for every
    combination that there is; `arr` in millionths."""
    return await tx.fetch(
        f"""
        SELECT s.segment, coalesce(s.served_as, s.segment) AS served_as, s.tier, s.size, s.stage,
               count(*) AS accounts, coalesce(sum(s.arr), 0)::bigint AS arr,
               count(*) FILTER (WHERE o.owner IS NULL) AS unowned
          FROM accounts a JOIN account_owners o ON o.account_id = a.id JOIN scores s ON s.account_id = a.id
         WHERE {visible_accounts()} AND {listed_accounts()}
         GROUP BY 1, 2, 3, 4, 5
        """,
        caller.book,
    )


async def schemes(tx: Reading, caller: Caller, rules: Rules) -> SegmentSchemes:
    """The schemes in force and the lifecycle, with how many accounts are where."""
    rows = await counted(tx, caller)
    layout = rules.layout
    return SegmentSchemes(
        data=[
            _scheme("segment", rules.scheme, rows),
            _scheme("tier", rules.tier, rows),
            _scheme("size", layout.size, rows),
            _lifecycle(layout.lifecycle, rows),
        ]
    )


def _scheme(place: Literal["segment", "tier", "size"], scheme: Scheme, rows: Sequence[Row]) -> SegmentScheme:
    known = [_row(place, segment, rows) for segment in scheme.segments]
    needed = headcount(scheme, {one.name: one.accounts for one in known})
    told = [one.model_copy(update={"csms": needed.get(one.name)}) for one in known]
    return SegmentScheme(
        place=place, scheme=scheme.name, by=scheme.kind, words=scheme.words, unplaced=_unplaced(place, rows, known),
        segments=told,
    )  # fmt: skip


def _lifecycle(lifecycle: Lifecycle, rows: Sequence[Row]) -> SegmentScheme:
    known = [_row("stage", stage, rows) for stage in lifecycle.stages]
    return SegmentScheme(
        place="stage", scheme=lifecycle.name, by="life", words=lifecycle.words,
        unplaced=_unplaced("stage", rows, known), segments=known,
    )  # fmt: skip


def _row(place: str, one: Segment | Stage, rows: Sequence[Row]) -> SegmentRow:
    here = [row for row in rows if row[place] == one.name]
    served = sum(row["accounts"] for row in rows if row["served_as"] == one.name) if place == "segment" else None
    return SegmentRow(
        name=one.name,
        label=one.label,
        words=one.words,
        accounts=sum(row["accounts"] for row in here),
        arr=round(sum(row["arr"] for row in here) / MILLION, 2),
        unowned=sum(row["unowned"] for row in here),
        served=served,
        csms=None,
        coverage=_coverage(one.coverage) if isinstance(one, Segment) and one.coverage else None,
    )


def _unplaced(place: str, rows: Sequence[Row], known: Sequence[SegmentRow]) -> int:
    names = {one.name for one in known}
    return sum(row["accounts"] for row in rows if row[place] not in names)


def _coverage(told: Coverage) -> CoverageModel:
    same = ("touch", "cadence", "reviews", "plans", "risk_tolerance", "fits", "elements")
    return CoverageModel(
        **{name: getattr(told, name) for name in same},
        ratio=told.ratio and told.ratio.words,
        cost_to_serve=told.cost_to_serve and told.cost_to_serve.words,
        contacts=told.contacts and told.contacts.words.removeprefix("1:"),
    )
