"""Effects as rows: tasks, deliveries, and what is told on playbook.events. Pure."""

import datetime as dt
import json
from collections.abc import Iterator
from typing import NamedTuple
from urllib.parse import urlsplit
from uuid import UUID, uuid5

from services.playbooks.channels import CHANNELS, Channel, Notice, Todo
from services.playbooks.definitions import Playbook
from services.playbooks.house import House
from services.playbooks.loading import template
from services.playbooks.nouns import CloseTask, Effect, FinishRun, OpenTask, RaiseAlert, Redate, Run, Seen, StepState
from services.playbooks.store.deliveries import DeliveryRow
from services.playbooks.store.tasks import ClosedTask, TaskRow
from services.playbooks.wording import fill
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


def tasks(moved: Moved, house: House, now: dt.datetime) -> Iterator[TaskRow]:
    """The tasks that it opens, each with its owner and with its template written out."""
    run, owner = moved.run, moved.seen.values.get("owner")
    for effect in moved.effects:
        if isinstance(effect, OpenTask):
            yield TaskRow(
                run.task_id(effect.step), run.id, run.account_id, effect.step, effect.position, effect.title,
                _instructions(effect, moved.seen), effect.channel, effect.role,
                house.owner_of(effect.role, str(owner) if owner else None), effect.due_on, now,
            )  # fmt: skip


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


def deliveries(moved: Moved, house: House, now: dt.datetime) -> Iterator[DeliveryRow]:
    """One delivery of each alert on each channel: pending, or suppressed where the channel is not set up."""
    for effect in moved.effects:
        if isinstance(effect, RaiseAlert):
            for channel in CHANNELS.values():
                yield _delivery(moved, effect, channel, house, now)


def events(run: Run, effects: list[Effect], now: dt.datetime, *, started: bool = False) -> list[Outgoing]:
    """What is told to whoever listens."""
    told = [_event(run, "run.started", "", run.words, now)] if started else []
    for effect in effects:
        match effect:
            case OpenTask(step=step, title=title, due_on=due_on):
                told.append(_event(run, "task.opened", step, f"{title}, due {due_on.isoformat()}", now))
            case RaiseAlert(step=step, title=title, words=words):
                told.append(_event(run, "alert.raised", step, f"{title}: {words}", now))
            case CloseTask(step=step, state=state, words=words):
                told.append(_event(run, "task.closed", step, f"{state}: {words}", now))
            case FinishRun(state=state, words=words):
                told.append(_event(run, "run.finished", "", f"{state}: {words}", now))
            case Redate():
                pass
    return told


def _instructions(task: OpenTask, seen: Seen) -> str:
    written = fill(template(task.template), seen.names).strip() if task.template else ""
    return "\n\n".join(part for part in (task.instructions, written) if part)


def _delivery(moved: Moved, alert: RaiseAlert, channel: Channel, house: House, now: dt.datetime) -> DeliveryRow:
    run, url = moved.run, channel.url(house.settings)
    delivery_id = run.delivery_id(alert.step, channel.name)
    message = channel.message(_notice(str(delivery_id), moved, alert, house))
    return DeliveryRow(
        delivery_id, run.id, run.account_id, alert.step, channel.name,
        f"{urlsplit(url).scheme}://{urlsplit(url).netloc.rpartition('@')[2]}/…" if url else "",
        json.dumps(message), f"{alert.title}: {alert.words}", "pending" if url else "suppressed",
        None if url else f"no address is set for {channel.name}", now, now,
    )  # fmt: skip


def _notice(delivery_id: str, moved: Moved, alert: RaiseAlert, house: House) -> Notice:
    run, playbook, seen, _, _ = moved
    score, band, owner = (seen.values.get(name) for name in ("score", "band", "owner"))
    open_steps = [s for s in playbook.steps if run.progress.steps[s.id].state is StepState.OPEN]
    todos = [Todo(fill(s.title, seen.names), s.role or "", run.progress.steps[s.id].due_on) for s in open_steps]
    return Notice(
        id=delivery_id,
        title=alert.title,
        words=alert.words,
        account=seen.account,
        playbook=playbook.name,
        score=None if score is None else int(score),
        band=str(band) if band else None,
        owner=str(owner) if owner else None,
        causes=run.progress.causes,
        todos=tuple(sorted(todos, key=lambda todo: todo.due_on)[:3]),
        link=house.link_to(run.account_id),
    )


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
