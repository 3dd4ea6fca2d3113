"""Who is who: what waits for an account, whose an id is, which accounts are one; and a person's rights."""

import datetime as dt
from typing import Any

from fastapi import APIRouter

from services.api import store
from services.api.access import Config, Decider, PrivacyOfficer, Read, Time, Write
from services.api.identity_schemas import (
    Done,
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
from services.api.params import AccountId, Cursor, Limit, Word
from services.api.queries import identity as ask
from services.api.roles import Caller
from services.api.schemas import Page
from services.ingest import identity, privacy
from services.ingest.handle import Ingest
from shared.database import Writing
from shared.errors import Conflict

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


@router.post("/privacy/erase", summary="Forget a person")
async def erase(caller: PrivacyOfficer, tx: Write, clock: Time, settings: Config, body: WhoIs) -> Done:
    """Cannot be undone. 409 where there is an archive, whose files only `steward privacy erase` writes anew."""
    if settings.archive_url is not None:
        raise Conflict("the archive has to be written anew, which takes its time", "`steward privacy erase` does it")
    now = clock.now()
    accounts = await privacy.erase(tx, Ingest(settings), body.person, body.account_id, now=now)
    await _note(tx, caller, "person.erased", f"{accounts} accounts", now)
    return Done(accounts=accounts)


async def _note(tx: Writing, caller: Caller, action: str, thing: object, now: dt.datetime, **detail: Any) -> None:
    await store.audit(tx, caller.name, action, str(thing), now=now, detail=detail)
