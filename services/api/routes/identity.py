"""Who is who: what waits for an account, whose an id is, which accounts are one; and a person's rights."""

import datetime as dt
from typing import Any

from fastapi import APIRouter, Response

from services.api import store
from services.api.access import Config, Decider, PrivacyOfficer, Read, Time, Write
from services.api.params import AccountId, Cursor, Limit, Word
from services.api.queries import identity as ask
from services.api.roles import Caller
from services.api.schemas import Page
from services.api.schemas.identity import (
    Done,
    Erasures,
    IdentityConflict,
    KeyOf,
    Link,
    Merge,
    Part,
    PersonalData,
    Unlink,
    UnmatchedKey,
    WhoIs,
)
from services.ingest import identity, privacy
from services.ingest.handle import Ingest
from shared.database import Writing

router = APIRouter(prefix="/v1", tags=["identity"])


@router.get("/unmatched", summary="List the ids that events wait under")
async def list_unmatched(
    *, caller: Decider, tx: Read, source: Word = None, limit: Limit = 50, cursor: Cursor = None
) -> Page[UnmatchedKey]:
    """Nobody knows whose they are: how many events wait, of which types, since when."""
    return await ask.list_unmatched(tx, source, limit, cursor)


@router.post("/unmatched/link", summary="Say whose an id is")
async def link(caller: Decider, tx: Write, clock: Time, settings: Config, body: Link) -> Done:
    """What waits under it is applied within a second. 409 for the id that another account was created under."""
    now, key = clock.now(), (body.source, body.external_id)
    await identity.link(tx, Ingest(settings), key, body.account_id, now=now, reason=body.reason)
    await _note(tx, caller, "identity.linked", body.account_id, now, source=body.source)
    return Done(account_id=body.account_id)


@router.post("/unmatched/discard", summary="Give up what waits under an id")
async def discard(caller: Decider, tx: Write, clock: Time, body: KeyOf) -> Done:
    """What comes later waits again. 404 if nothing waits."""
    gone = await identity.discard(tx, (body.source, body.external_id))
    await _note(tx, caller, "unmatched.discarded", body.source, clock.now(), events=gone)
    return Done(events=gone)


@router.post("/identities/unlink", summary="Say that an id is not the account's that it leads to")
async def unlink(caller: Decider, tx: Write, clock: Time, settings: Config, body: Unlink) -> Done:
    """Its events wait until it is linked anew. 409 for the id that its account was created under."""
    now, key = clock.now(), (body.source, body.external_id)
    account = await identity.unlink(tx, Ingest(settings), key, now=now, reason=body.reason)
    await _note(tx, caller, "identity.unlinked", account, now, source=body.source)
    return Done(account_id=account)


@router.get("/identities/conflicts", summary="List claims on ids that were not believed")
async def list_conflicts(
    *, caller: Decider, tx: Read, limit: Limit = 50, cursor: Cursor = None
) -> Page[IdentityConflict]:
    """Until somebody decides: by a link, or by a merge of the two accounts."""
    return await ask.list_conflicts(tx, limit, cursor)


@router.post("/accounts/{account_id}/merge", summary="Merge an account into another")
async def merge(
    *, caller: Decider, tx: Write, clock: Time, settings: Config, account_id: AccountId, body: Merge
) -> Done:
    """Their events are folded together, and the other one stays. Can be undone."""
    now = clock.now()
    await identity.merge(tx, Ingest(settings), account_id, body.into, now=now, reason=body.reason)
    await _note(tx, caller, "account.merged", account_id, now, into=body.into)
    return Done(account_id=body.into)


@router.post("/accounts/{account_id}/unmerge", summary="Part an account from the one that it was merged into")
async def unmerge(
    *, caller: Decider, tx: Write, clock: Time, settings: Config, account_id: AccountId, body: Part
) -> Done:
    """Both are exactly what they were if they had never met. 409 if it is not merged."""
    now = clock.now()
    await identity.unmerge(tx, Ingest(settings), account_id, now=now, reason=body.reason)
    await _note(tx, caller, "account.unmerged", account_id, now)
    return Done(account_id=account_id)


@router.post("/privacy/export", summary="Everything that names a person")
async def export(caller: PrivacyOfficer, tx: Write, clock: Time, body: WhoIs) -> PersonalData:
    """The record, events, activity by day, what waits, which rejected records. 404 if nobody is known."""
    found = await privacy.export(tx, body.person, body.account_id)
    await _note(tx, caller, "person.exported", f"{len(found['person']['accounts'])} accounts", clock.now())
    return PersonalData(**found)


@router.post(
    "/privacy/erase",
    summary="Forget a person",
    responses={202: {"model": Done, "description": "Forgotten; the archive's files are written anew by ingest"}},
)
async def erase(
    *, caller: PrivacyOfficer, tx: Write, clock: Time, settings: Config, body: WhoIs, response: Response
) -> Done:
    """Cannot be undone. 202 while files of the archive that may name the person are still to be written anew: ingest
    does that within a minute; `GET /v1/privacy/erase` says how far it is."""
    now = clock.now()
    accounts = await privacy.erase(tx, Ingest(settings), body.person, body.account_id, now=now)
    await _note(tx, caller, "person.erased", f"{accounts} accounts", now)
    days = await ask.days_to_clean(tx)
    if days:
        response.status_code = 202
    return Done(accounts=accounts, archive_days=days)


@router.get("/privacy/erase", summary="Say how far the archive is with those who were forgotten")
async def erasures(caller: PrivacyOfficer, tx: Read) -> Erasures:
    """Nothing in the archive names anybody who was forgotten once no day is left."""
    return Erasures(archive_days=await ask.days_to_clean(tx))


async def _note(tx: Writing, caller: Caller, action: str, thing: object, now: dt.datetime, **detail: Any) -> None:
    await store.audit(tx, caller.name, action, str(thing), now=now, detail=detail)
