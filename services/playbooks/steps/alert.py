"""An alert: a message to people, on every channel that is set up."""

import datetime as dt
import json
from urllib.parse import urlsplit

from services.playbooks.channels import CHANNELS, Channel, Notice, Todo
from services.playbooks.house import House
from services.playbooks.nouns import Begin, StepState
from services.playbooks.rows import Moved
from services.playbooks.steps.kind import Rows, StepKind
from services.playbooks.store.deliveries import DeliveryRow
from services.playbooks.wording import fill


def says(begin: Begin) -> str:
    """Its title, and why."""
    return f"{begin.title}: {begin.words}"


def rows(moved: Moved, begin: Begin, house: House, now: dt.datetime) -> Rows:
    """One delivery on each channel: pending, or suppressed where the channel is not set up."""
    return Rows(deliveries=tuple(_delivery(moved, begin, channel, house, now) for channel in CHANNELS.values()))


def _delivery(moved: Moved, alert: Begin, channel: Channel, house: House, now: dt.datetime) -> DeliveryRow:
    run, url = moved.run, channel.url(house.settings)
    delivery_id = run.delivery_id(alert.step, channel.name)
    message = channel.message(_notice(str(delivery_id), moved, alert, house))
    return DeliveryRow(
        delivery_id, run.id, run.account_id, alert.step, channel.name,
        f"{urlsplit(url).scheme}://{urlsplit(url).netloc.rpartition('@')[2]}/…" if url else "",
        json.dumps(message), says(alert), "pending" if url else "suppressed",
        None if url else f"no address is set for {channel.name}", now, now,
    )  # fmt: skip


def _notice(delivery_id: str, moved: Moved, alert: Begin, house: House) -> Notice:
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


KIND = StepKind("alert", StepState.RAISED, at_start=False, tells="alert.raised", says=says, rows=rows)
