"""Effects as rows: how tasks end, and what is told on playbook.events; what begins is its kind's (steps/). Pure."""

import datetime as dt
from typing import NamedTuple
from uuid import UUID, uuid5

from services.playbooks.definitions import Playbook
from services.playbooks.nouns import Begin, CloseTask, Effect, FinishRun, Redate, Run, Seen, StepState
from services.playbooks.steps import kind_of
from services.playbooks.store.tasks import ClosedTask
from shared.broker import Outgoing
from shared.contracts import PlaybookEvent, Topic

SYSTEM = "steward"
"""Who closed a task that no person closed."""


class Moved(NamedTuple):
    """A run that has moved: by which playbook, on what was seen, with its effects. `started`: it is new."""

    run: Run
    playbook: Playbook
    seen: Seen
    effects: list[Effect]
    started: bool = False


def closed(run: Run, effects: list[Effect], by: str = SYSTEM) -> list[ClosedTask]:
    """The tasks that end. Those that end with the run were cancelled by the system, whoever closed the last one."""
    return [
        ClosedTask(run.task_id(e.step), e.state, e.words, SYSTEM if e.state is StepState.CANCELLED else by)
        for e in effects
        if isinstance(e, CloseTask)
    ]


def redated(moved: Moved) -> list[tuple[UUID, dt.date]]:
    """The tasks that are due on another day."""
    return [(moved.run.task_id(e.step), e.due_on) for e in moved.effects if isinstance(e, Redate)]


def events(run: Run, effects: list[Effect], now: dt.datetime, *, started: bool = False) -> list[Outgoing]:
    """What is told to whoever listens."""
    told = [_event(run, "run.started", "", run.words, now)] if started else []
    for effect in effects:
        match effect:
            case Begin(step=step, kind=name):
                kind = kind_of(name)
                told.append(_event(run, kind.tells, step, kind.says(effect), now))
            case CloseTask(step=step, state=state, words=words):
                told.append(_event(run, "task.closed", step, f"{state}: {words}", now))
            case FinishRun(state=state, words=words):
                told.append(_event(run, "run.finished", "", f"{state}: {words}", now))
            case Redate():
                pass
    return told


def _event(run: Run, kind: str, step: str, words: str, now: dt.datetime) -> Outgoing:
    event = PlaybookEvent(
        event_id=str(uuid5(run.id, f"{kind}/{step}")),
        kind=kind,
        account_id=run.account_id,
        playbook=run.playbook,
        run_id=str(run.id),
        words=words,
        at=now,
    )
    key = str(run.account_id).encode()
    headers = {
        "ce_specversion": "1.0",
        "ce_id": event.event_id,
        "ce_source": "steward/playbooks",
        "ce_type": f"playbook.{kind}",
        "ce_time": now.isoformat(),
        "ce_subject": str(run.account_id),
        "content-type": "application/json",
    }
    encoded = [(name, value.encode()) for name, value in headers.items()]
    return Outgoing(Topic.PLAYBOOKS, key, event.model_dump_json().encode(), encoded)
