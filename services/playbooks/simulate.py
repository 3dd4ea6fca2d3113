"""A playbook on a virtual clock: ninety days in well under a second, by the same state machine. Pure.

The clock jumps from one instant at which something can happen to the next: the run's own, and those of a script.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from services.playbooks.definitions import Playbook
from services.playbooks.nouns import Begin, CloseTask, Effect, Run, RunState, Seen, StepState
from services.playbooks.occasions import Occasion
from services.playbooks.runs import advance, close, join, start
from shared.fields import Value


class Turn(NamedTuple):
    """Something that happens after the start: values change, a person closes tasks, an occasion joins."""

    after: dt.timedelta
    values: Mapping[str, Value | None] = {}
    closes: tuple[str, ...] = ()
    joins: Occasion | None = None


class Happening(NamedTuple):
    """An effect, and when it came."""

    at: dt.datetime
    effect: Effect


class Simulation(NamedTuple):
    """The run at the end, and all that happened on the way."""

    run: Run
    happenings: list[Happening]

    def opened(self) -> dict[str, tuple[dt.date, dt.date]]:
        """Step → the UTC day its task or alert came, and the day it is due."""
        came = {h.effect.step: h.at.date() for h in self.happenings if isinstance(h.effect, Begin)}
        return {step: (day, self.run.progress.steps[step].due_on) for step, day in came.items()}

    def tasks_on(self, day: dt.date) -> list[str]:
        """The steps whose task is open at the end of that UTC day."""
        found: dict[str, None] = {}
        for at, effect in self.happenings:
            if at.date() > day:
                break
            if isinstance(effect, Begin) and effect.is_task:
                found[effect.step] = None
            elif isinstance(effect, CloseTask):
                found.pop(effect.step, None)
        return list(found)


def simulate(
    playbook: Playbook,
    occasion: Occasion,
    script: Sequence[Turn] = (),
    *,
    seen: Seen,
    starts_at: dt.datetime,
    days: int = 90,
) -> Simulation:
    """Starts a run at `starts_at` with what is seen then, and plays the script for that many days."""
    run = start(playbook, occasion, version=1, why="simulated", seen=seen, now=starts_at)
    turns = {starts_at + turn.after: turn for turn in script}
    until = starts_at + dt.timedelta(days=days)
    at: dt.datetime | None = starts_at
    values = dict(seen.values)
    happenings: list[Happening] = []
    while at is not None and at <= until and run.state is RunState.OPEN:
        turn = turns.get(at, Turn(dt.timedelta()))
        values |= turn.values
        run, effects = _turn(run, playbook, turn, seen._replace(values=values), at)
        happenings += [Happening(at, effect) for effect in effects]
        at = min((i for i in (run.next_due, *turns) if i is not None and i > at), default=None)
    return Simulation(run, happenings)


def _turn(run: Run, playbook: Playbook, turn: Turn, seen: Seen, at: dt.datetime) -> tuple[Run, list[Effect]]:
    effects: list[Effect] = []
    if turn.joins is not None:
        run = join(run, turn.joins)
    for step in (s for s in turn.closes if run.progress.steps[s].state is StepState.OPEN):
        run, more = close(run, step, StepState.DONE, "done", at)
        effects += more
    run, more = advance(run, playbook, seen, at)
    return run, effects + more


def at_start(account: str, values: Mapping[str, Value | None], zone: str = "UTC") -> Seen:
    """What is seen of an account about which a simulation is told nothing else."""
    return Seen(account, {"replied_since_start": False, "stakeholders_left": 0, **values}, zone)


def day(number: int, *, hour: int = 0) -> dt.timedelta:
    """That many days and hours after the start."""
    return dt.timedelta(days=number, hours=hour)
