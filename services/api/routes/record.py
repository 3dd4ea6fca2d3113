"""What happened at an account; and its record, written by whoever knows better. It is read by routes/lists.py."""

import datetime as dt
from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from fastapi import APIRouter

from services.api import store
from services.api.access import Config, Decider, Read, Reader, TaskDoer, Time, Write
from services.api.console.words import said
from services.api.params import AccountId, Cursor, Limit
from services.api.queries import timeline as happenings
from services.api.queries.accounts import must_see
from services.api.roles import Caller
from services.api.schemas import Page
from services.api.schemas.record import (
    Goal,
    Id,
    Line,
    Note,
    Relationship,
    Told,
)
from services.ingest import identity, planning
from services.ingest.handle import Ingest
from shared.database import Writing
from shared.settings import Settings

router = APIRouter(prefix="/v1/accounts/{account_id}", tags=["record"])


@router.get("/timeline", summary="What happened at an account, newest first")
async def timeline(
    *, caller: Reader, tx: Read, account_id: AccountId, limit: Limit = 50, cursor: Cursor = None
) -> Page[Line]:
    """Events by when they occurred, but for usage, logins and sessions, which are many; crossings, signals, moves of
    segment and stage, runs, closed tasks and alerts."""
    await must_see(tx, caller, account_id)
    found = await happenings.timeline(tx, account_id, limit, cursor)
    names = await happenings.names_of_people(tx, account_id)
    return Page(data=[_line(one, names) for one in found.lines], next=found.next)


def _line(one: happenings.Happening, names: Mapping[str, str]) -> Line:
    words = said(one.event.type, one.event.data, names) if one.event else one.words
    return Line(at=one.at, kind=one.kind, words=words, detail=one.detail, event=one.event)


# --- writing: an event of source `steward`, accepted before the answer --------------------------------


@router.post("/notes", summary="Write a note about an account", status_code=201)
async def write_note(
    *, caller: TaskDoer, tx: Write, clock: Time, settings: Config, account_id: AccountId, body: Note
) -> Told:
    """It becomes `note.added`."""
    told = {"note_id": str(uuid4()), "text": body.text, "author": caller.name}
    return await _tell(tx, caller, settings, clock.now(), account=account_id, kind="note.added", told=told)


@router.put("/people/{person_id}/relationship", summary="Say how we stand with a person")
async def rate(
    *, caller: TaskDoer, tx: Write, clock: Time, settings: Config, account_id: AccountId, person_id: Id,
    body: Relationship,
) -> Told:  # fmt: skip
    """It becomes `person.updated`; what is left out stays as it is."""
    told = {"person_id": person_id, **body.model_dump(exclude_unset=True)}
    return await _tell(tx, caller, settings, clock.now(), account=account_id, kind="person.updated", told=told)


@router.put("/plans/{plan_id}/goals/{objective_id}", summary="Set a goal of a success plan")
async def set_goal(
    *, caller: TaskDoer, tx: Write, clock: Time, settings: Config, account_id: AccountId, plan_id: Id,
    objective_id: Id, body: Goal,
) -> Told:  # fmt: skip
    """It becomes `success_plan.updated` with the plan as it then is; a plan that is not there begins with this goal."""
    await must_see(tx, caller, account_id)
    goal = {"objective_id": objective_id, **body.model_dump(mode="json", exclude_unset=True)}
    told = await planning.with_goal(tx, account_id, plan_id, goal)
    return await _tell(tx, caller, settings, clock.now(), account=account_id, kind="success_plan.updated", told=told)


@router.post("/refreshed", summary="Say that what was lost of an account has been told anew")
async def refreshed(*, caller: Decider, tx: Write, clock: Time, settings: Config, account_id: AccountId) -> Told:
    """It becomes `account.refreshed` and takes `refresh_since` off, after a whole export was imported, say."""
    return await _tell(tx, caller, settings, clock.now(), account=account_id, kind="account.refreshed", told={})


async def _tell(
    tx: Writing,
    caller: Caller,
    settings: Settings,
    now: dt.datetime,
    *,
    account: int,
    kind: str,
    told: Mapping[str, Any],
) -> Told:
    await must_see(tx, caller, account)
    id_ = await identity.tell(tx, Ingest(settings), account, kind, now, **told)
    await store.audit(tx, caller.name, kind, str(account), now=now, detail={"event": id_.hex()})
    return Told(event_id=id_.hex())
