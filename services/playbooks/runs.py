"""How a run moves: `advance(run, playbook, seen, now) → (run, effects)`. A pure state machine.

Tasks without a condition are opened when the run starts, each with its day. A conditional step is decided on its
day, once: opened if its condition then holds, else not needed. Alerts go out on their day. A run exits when one of
its criteria has held long enough, is completed when no step is left, and cancelled when it is not for the account.
"""

import datetime as dt

from msgspec.structs import replace

from services.playbooks import calendar
from services.playbooks.definitions import Escalation, Playbook, Step
from services.playbooks.exits import exit_due, watched
from services.playbooks.nouns import (
    PENDING,
    Begin,
    CloseTask,
    Effect,
    FinishRun,
    Moment,
    Progress,
    Redate,
    Run,
    RunState,
    Seen,
    StepProgress,
    StepState,
    run_id,
)
from services.playbooks.occasions import Occasion
from services.playbooks.steps import kind_of
from services.playbooks.wording import fill
from shared.conditions import closure, fields_of, parse, parse_lasting, words

Moved = tuple[Run, list[Effect]]


def start(playbook: Playbook, occasion: Occasion, *, version: int, why: str, seen: Seen, now: dt.datetime) -> Run:
    """The run for an occasion, before its first move. Its days count from the date in the account's time zone."""
    today = calendar.local_day(now, calendar.zone(seen.zone))
    anchor = seen.anchor if playbook.anchor else None
    steps = {s.id: StepProgress(StepState.WAITING, calendar.due_on(s.offset, today, anchor)) for s in playbook.steps}
    progress = Progress(
        zone=seen.zone, anchor=anchor, occasions=(), signals=(), causes=occasion.causes[:3], steps=steps
    )
    run = Run(
        id=run_id(playbook.id, occasion.account_id, occasion.key),
        playbook=playbook.id,
        version=version,
        account_id=occasion.account_id,
        occasion_kind=occasion.kind,
        occasion=occasion.key,
        words=why,
        started_at=now,
        looked_at=now,
        progress=progress,
    )
    return join(run, occasion)


def join(run: Run, occasion: Occasion) -> Run:
    """The run, now also about a later occasion. An occasion joins once."""
    name, signal = f"{occasion.kind}:{occasion.key}", occasion.values.get("signal")
    signals = (*run.progress.signals, str(signal)) if signal else run.progress.signals
    return _with(
        run,
        occasions=tuple(dict.fromkeys((*run.progress.occasions, name))),
        signals=tuple(dict.fromkeys(signals)),
    )


def advance(run: Run, playbook: Playbook, seen: Seen, now: dt.datetime) -> Moved:
    """The run after a look at `now`, and what it wants done, in order. Looking twice changes nothing more."""
    if run.state is not RunState.OPEN:
        return run, []
    moments = [_of_run(moment, run) for moment in (*seen.moments, Moment(now, seen.values))]
    if playbook.unless and closure(parse(playbook.unless))(moments[-1].values):
        return cancel(run, words(parse(playbook.unless), moments[-1].values), now)
    met = exit_due(run, playbook, moments)
    run = _with(run, holding=watched(run, playbook, moments))
    run = replace(run, looked_at=now, facts_version=seen.facts_version, score_as_of=seen.score_as_of)
    if met is not None:
        return _finish(run, RunState.EXITED, met, now)
    effects: list[Effect] = []
    for move in (_redate, _escalate, _open_due, _complete):
        run, more = move(run, playbook, seen._replace(moments=tuple(moments)), now)
        effects += more
    return replace(run, next_due=_next_due(run, playbook, now)), effects


def close(run: Run, step: str, state: StepState, outcome: str, now: dt.datetime) -> Moved:
    """The run after a person has done or skipped the task of a step; completed if it was the last."""
    run = _set(run, step, state, outcome)
    effects: list[Effect] = [CloseTask(step, state, outcome)]
    if any(progress.state in PENDING for progress in run.progress.steps.values()):
        return run, effects
    run, more = _finish(run, RunState.COMPLETED, "every step is done", now)
    return run, effects + more


def cancel(run: Run, why: str, now: dt.datetime) -> Moved:
    """The run, ended because it can mean nothing any more; its open tasks with it."""
    return _finish(run, RunState.CANCELLED, why, now)


# --- moves, in their order ----------------------------------------------------------------------------


def _redate(run: Run, playbook: Playbook, seen: Seen, _: dt.datetime) -> Moved:
    """A moved anchor re-dates what is not finished."""
    if playbook.anchor is None or seen.anchor in (None, run.progress.anchor):
        return run, []
    today = calendar.local_day(run.started_at, calendar.zone(run.progress.zone))
    effects: list[Effect] = []
    run = _with(run, anchor=seen.anchor)
    for step in playbook.steps:
        known = run.progress.steps[step.id]
        day = calendar.due_on(step.offset, today, seen.anchor)
        if known.state in PENDING and day != known.due_on:
            run = _with(run, steps={**run.progress.steps, step.id: StepProgress(known.state, day, known.words)})
            effects += [Redate(step.id, day)] if known.state is StepState.OPEN else []
    return run, effects


def _escalate(run: Run, playbook: Playbook, seen: Seen, now: dt.datetime) -> Moved:
    """Each escalation whose time has come and whose condition has held at some moment since the last look."""
    effects: list[Effect] = []
    for place, escalation in enumerate(playbook.escalations, start=len(playbook.steps)):
        moment = _escalates(run, escalation, seen)
        if escalation.id in run.progress.escalated or moment is None:
            continue
        said = words(parse(escalation.when), moment.values)
        today = calendar.local_day(now, calendar.zone(run.progress.zone))
        due = today + dt.timedelta(days=escalation.due_in_days)
        run = _with(run, escalated={**run.progress.escalated, escalation.id: now})
        run, effect = _begin(run, escalation, seen, place=place, due=due, said=said)
        effects.append(effect)
    return run, effects


def _escalates(run: Run, escalation: Escalation, seen: Seen) -> Moment | None:
    holds = closure(parse(escalation.when))
    first = run.started_at + dt.timedelta(days=escalation.after_days)
    return next((moment for moment in seen.moments if moment.at >= first and holds(moment.values)), None)


def _open_due(run: Run, playbook: Playbook, seen: Seen, now: dt.datetime) -> Moved:
    effects: list[Effect] = []
    for place, step in enumerate(playbook.steps):
        known = run.progress.steps[step.id]
        if known.state is not StepState.WAITING or now < _decided_at(run, step):
            continue
        condition = parse(step.condition) if step.condition else None
        said = words(condition, seen.moments[-1].values) if condition else ""
        if condition and not closure(condition)(seen.moments[-1].values):
            run = _set(run, step.id, StepState.NOT_NEEDED, said)
            continue
        run, effect = _begin(run, step, seen, place=place, due=known.due_on, said=said)
        effects.append(effect)
    return run, effects


def _complete(run: Run, _: Playbook, __: Seen, now: dt.datetime) -> Moved:
    if any(progress.state in PENDING for progress in run.progress.steps.values()):
        return run, []
    return _finish(run, RunState.COMPLETED, "every step is done", now)


# --- their parts --------------------------------------------------------------------------------------


def _of_run(moment: Moment, run: Run) -> Moment:
    """The moment with what only the run knows."""
    cancels = "cancel_requested" in run.progress.signals
    return Moment(moment.at, {**moment.values, "cancel_requested": cancels})


def _decided_at(run: Run, step: Step) -> dt.datetime:
    """When a waiting step begins or is dropped: plain tasks at once, conditional steps and most kinds on their day."""
    if step.condition is None and kind_of(step.action).at_start:
        return run.started_at
    return calendar.begins(run.progress.steps[step.id].due_on, calendar.zone(run.progress.zone))


def _begin(run: Run, part: Step | Escalation, seen: Seen, *, place: int, due: dt.date, said: str) -> tuple[Run, Effect]:
    state = kind_of(part.action).state
    run = _with(run, steps={**run.progress.steps, part.id: StepProgress(state, due, said)})
    return run, Begin(
        step=part.id,
        kind=part.action,
        state=state,
        position=place,
        title=fill(part.title, seen.names),
        instructions=fill(part.instructions, seen.names),
        template=part.template if isinstance(part, Step) else None,
        channel=part.channel,
        role=part.role or "",
        due_on=due,
        words=said or run.words,
    )


def _finish(run: Run, state: RunState, why: str, now: dt.datetime) -> Moved:
    effects: list[Effect] = []
    for step, known in run.progress.steps.items():
        if known.state is StepState.OPEN:
            effects.append(CloseTask(step, StepState.CANCELLED, why))
        if known.state in PENDING:
            run = _set(run, step, StepState.CANCELLED, why)
    run = replace(run, state=state, ended_at=now, ended_because=why, looked_at=now, next_due=None)
    return run, [*effects, FinishRun(state, why)]


def _next_due(run: Run, playbook: Playbook, now: dt.datetime) -> dt.datetime | None:
    """The earliest instant after `now` at which a look may change something although nothing has happened."""
    if run.state is not RunState.OPEN:
        return None
    progress = run.progress
    due = [_decided_at(run, s) for s in playbook.steps if progress.steps[s.id].state is StepState.WAITING]
    due += [progress.holding[t] + dt.timedelta(days=parse_lasting(t).days) for t in progress.holding]
    open_ended = [e for e in playbook.escalations if e.id not in progress.escalated]
    due += [run.started_at + dt.timedelta(days=e.after_days) for e in open_ended]
    watching = [parse(e.when) for e in open_ended] + [parse_lasting(t).condition for t in playbook.exit_criteria]
    watching += [parse(playbook.unless)] if playbook.unless else []
    if any(field.by_time for condition in watching for field in fields_of(condition)):
        where = calendar.zone(progress.zone)
        due.append(calendar.begins(calendar.local_day(now, where) + dt.timedelta(days=1), where))
    return min((at for at in due if at > now), default=None)


def _set(run: Run, step: str, state: StepState, said: str) -> Run:
    due = run.progress.steps[step].due_on
    return _with(run, steps={**run.progress.steps, step: StepProgress(state, due, said)})


def _with(run: Run, **changes: object) -> Run:
    return replace(run, progress=replace(run.progress, **changes))
