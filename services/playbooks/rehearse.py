"""A rehearsal: which playbooks occasions of the past would have started, and what people would have had to do. Pure.

It decides by the same matching and plays by the same state machine as live ones, on a virtual clock: as if nobody had
answered and no task had been done, which is the most that there could have been to do.
"""

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from services.playbooks.definitions import Playbook
from services.playbooks.matching import Decision, Standing, Verdict, decide
from services.playbooks.nouns import Begin, CloseTask, Moment, Redate, RunState
from services.playbooks.occasions import Occasion
from services.playbooks.simulate import Happening, Turn, at_start, simulate
from shared.fields import Value

OwnerOf = Callable[[str, str | None], str | None]
"""Who owns a task: of a role, at an account with this owner."""


class Heard(NamedTuple):
    """An occasion with what its account was like. `later` is what became of its values, ascending."""

    occasion: Occasion
    account: str
    values: Mapping[str, Value | None]
    zone: str = "UTC"
    later: Sequence[Moment] = ()


class Asked(NamedTuple):
    """A task that somebody would have had, on the day it was due; None is nobody's."""

    owner: str | None
    day: dt.date


class Started(NamedTuple):
    """A run that would have started, and when it would have ended; None where it would still be open."""

    playbook: str
    account_id: int
    account: str
    at: dt.datetime
    words: str
    ended_at: dt.datetime | None
    asked: Sequence[Asked]


class Load(NamedTuple):
    """What an owner would have had: runs, tasks, and the most tasks in one week."""

    runs: int
    tasks: int
    busiest_week: int


class Rehearsal(NamedTuple):
    """All runs in the order of their starts; how often each playbook was joined, or held back by another."""

    started: list[Started]
    joined: Counter[str]
    suppressed: Counter[str]


def rehearse(
    playbooks: Sequence[Playbook], heard: Iterable[Heard], *, until: dt.datetime, owner_of: OwnerOf
) -> Rehearsal:
    """What these occasions would have come to by `until`, in the order of their times."""
    in_force = {playbook.id: playbook for playbook in playbooks if playbook.in_force}
    found = Rehearsal([], Counter(), Counter())
    runs: dict[int, list[Started]] = defaultdict(list)
    for one in sorted(heard, key=lambda one: one.occasion.at):
        own = runs[one.occasion.account_id]
        for decision in decide(one.occasion, list(in_force.values()), _standing(one, own), one.occasion.at):
            if decision.verdict is Verdict.STARTED:
                own.append(_played(in_force[decision.playbook], one, decision, until, owner_of))
                found.started.append(own[-1])
            elif decision.verdict is Verdict.JOINED:
                found.joined[decision.playbook] += 1
            elif decision.verdict is Verdict.SUPPRESSED:
                found.suppressed[decision.playbook] += 1
    return found


def loads(found: Rehearsal, owners: Mapping[int, str | None]) -> dict[str | None, Load]:
    """Owner → load. A run counts for the account's owner, a task for its own."""
    runs = Counter(owners.get(run.account_id) for run in found.started)
    weeks: dict[str | None, Counter[tuple[int, int]]] = defaultdict(Counter)
    for asked in (asked for run in found.started for asked in run.asked):
        weeks[asked.owner][asked.day.isocalendar()[:2]] += 1
    return {
        owner: Load(runs[owner], weeks[owner].total(), max(weeks[owner].values(), default=0))
        for owner in {*runs, *weeks}
    }


def _standing(one: Heard, runs: Sequence[Started]) -> Standing:
    at = one.occasion.at
    return Standing(
        values=one.values,
        open_runs=frozenset(run.playbook for run in runs if run.ended_at is None or run.ended_at > at),
        last_ended={run.playbook: run.ended_at for run in runs if run.ended_at is not None and run.ended_at <= at},
    )


def _played(playbook: Playbook, one: Heard, decision: Decision, until: dt.datetime, owner_of: OwnerOf) -> Started:
    at, owner = one.occasion.at, one.values.get("owner")
    script = [Turn(moment.at - at, moment.values) for moment in one.later]
    seen = at_start(one.account, {**one.values, **one.occasion.values}, one.zone)
    played = simulate(playbook, one.occasion, script, seen=seen, starts_at=at, days=max((until - at).days, 1))
    asked = _asked(
        played.happenings, until.date(), lambda role: owner_of(role, owner if isinstance(owner, str) else None)
    )
    ended_at = None if played.run.state is RunState.OPEN else played.run.ended_at
    return Started(playbook.id, one.occasion.account_id, one.account, at, decision.words, ended_at, asked)


def _asked(happenings: Iterable[Happening], until: dt.date, owner_of_role: Callable[[str], str | None]) -> list[Asked]:
    """The tasks that fell due by a day, and were still open then."""
    due: dict[str, Asked] = {}
    for at, effect in happenings:
        if isinstance(effect, Begin) and effect.is_task:
            due[effect.step] = Asked(owner_of_role(effect.role), effect.due_on)
        elif isinstance(effect, Redate) and effect.step in due:
            due[effect.step] = due[effect.step]._replace(day=effect.due_on)
        elif isinstance(effect, CloseTask) and effect.step in due and at.date() < due[effect.step].day:
            del due[effect.step]
    return sorted((asked for asked in due.values() if asked.day <= until), key=lambda asked: asked.day)
