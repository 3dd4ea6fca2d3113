"""A trial in the words of the API: counts, lists and what has to be known of them. Pure."""

from collections import Counter
from collections.abc import Mapping

from services.api.queries.trying import Called
from services.api.schemas.whatif import (
    BandCounts,
    BandMove,
    CrossingCount,
    Firing,
    OwnerLoad,
    PlaybookCount,
    Trial,
    TriedDays,
)
from services.health.recorded import DaysScored
from services.health.whatif.compare import Comparison, Move, Spread
from services.health.whatif.handle import Draft, Tried, Walked
from services.playbooks.rehearse import Rehearsal, loads
from shared.clock import DAY_US, from_us

_UNKNOWN = Called("", None, None)


def trial(
    draft: Draft, compared: Comparison, names: Mapping[int, Called], history: TriedDays | None, notes: list[str],
    *, most: int,
) -> Trial:  # fmt: skip
    """What a draft changes; at most `most` moves are listed."""
    ways = Counter(move.direction for move in compared.moves)
    return Trial(
        model=draft.model.key,
        segments=sorted(draft.segments),
        accounts=compared.accounts,
        moved=dict(ways),
        moves=[_move(move, names.get(move.account, _UNKNOWN)) for move in compared.moves[:most]],
        bands=_counts(compared.spread),
        by_segment={segment: _counts(spread) for segment, spread in compared.segments.items()},
        history=history,
        notes=notes,
    )


def days_of(walked: Walked, found: Rehearsal, names: Mapping[int, Called], most: int) -> TriedDays:
    """What a draft would have done; at most `most` runs are listed."""
    between = Counter((c.crossing.from_band, c.crossing.to_band) for c in walked.crossings)
    started = Counter(run.playbook for run in found.started)
    burden = loads(found, {account: name.owner for account, name in names.items()})
    board = walked.days.board
    return TriedDays(
        first_day=from_us(board.first_day * DAY_US).date(),
        last_day=from_us(board.last_day * DAY_US).date(),
        closes=walked.days.closes,
        crossings=len(walked.crossings),
        between=[CrossingCount(from_band=a, to_band=b, count=n) for (a, b), n in sorted(between.items())],
        playbooks=[
            PlaybookCount(
                playbook=name, started=started[name], joined=found.joined[name], suppressed=found.suppressed[name]
            )
            for name in sorted({*started, *found.joined, *found.suppressed})
        ],
        owners=[
            OwnerLoad(owner=owner, runs=load.runs, tasks=load.tasks, busiest_week=load.busiest_week)
            for owner, load in sorted(burden.items(), key=lambda one: (-one[1].tasks, one[0] or ""))
        ],
        firings=[
            Firing(
                account_id=run.account_id, name=run.account, playbook=run.playbook, at=run.at, words=run.words,
                ended_at=run.ended_at,
            )
            for run in found.started[:most]
        ],
    )  # fmt: skip


def notes_of(tried: Tried, *, sampled: bool) -> list[str]:
    """What has to be known of a comparison."""
    notes = ["This is a sample: the first accounts by id."] if sampled else []
    if tried.from_facts:
        listed = ", ".join(column.key for column in tried.from_facts)
        notes.append(f"Not assessed so far, and so read from the facts for this: {listed}.")
    return notes


def notes_of_days(days: DaysScored) -> list[str]:
    """What has to be known of a walk over days."""
    notes = []
    for column, since in days.without_data():
        if since is None:
            notes.append(f"{column.key} is not recorded: it is without data on all of these days.")
        else:
            notes.append(f"{column.key} is without data before {from_us(since * DAY_US).date()}.")
    notes.append("Runs are played as if nobody had answered and no task had been done: the most there could have been.")
    notes.append("Owners are those of now; signals are not replayed, crossings are.")
    return notes


def _move(move: Move, name: Called) -> BandMove:
    return BandMove(
        account_id=move.account, name=name.name, owner=name.owner, segment=move.segment, from_score=move.from_score,
        from_band=move.from_band, to_score=move.to_score, to_band=move.to_band, direction=move.direction,
    )  # fmt: skip


def _counts(spread: Spread) -> BandCounts:
    return BandCounts(before=dict(spread.before), after=dict(spread.after))
