"""What was received: events, rejected records, and the models that read them."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query

from services.api import handle
from services.api.access import InForceNow, Operator, Read, Reader, Time, Write
from services.api.params import Cursor, EventId, Limit, OfAccount, RowId, When, Word, one_of
from services.api.queries import events, models, rejected
from services.api.queries.accounts import must_see
from services.api.schemas import HealthModel, Page, RejectedActed, RejectedChoice, RejectedRecord, StoredEvent
from shared.contracts import NATIVE
from shared.errors import Reason

router = APIRouter(prefix="/v1", tags=["evidence"])


@router.get("/events", summary="List events, last received first")
async def list_events(
    *,
    caller: Reader,
    tx: Read,
    account: OfAccount = None,
    type: Word = None,  # the parameter is called what the field is called
    since: Annotated[When, Query(description="occurred from this instant on")] = None,
    until: Annotated[When, Query(description="occurred before this instant")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[StoredEvent]:
    """With their payloads as they were accepted. Logins and uses of the product, which are many, are listed with
    `account` only."""
    one_of("type", type, NATIVE)
    wanted = events.EventFilter(type, since, until)
    if account is None:
        return await events.list_telling(tx, caller, wanted, limit, cursor)
    await must_see(tx, caller, account)
    return await events.list_events(tx, account, wanted, limit, cursor)


@router.get("/events/{event_id}", summary="Open an event that an explanation names")
async def event(caller: Reader, tx: Read, event_id: EventId, account: OfAccount = None) -> StoredEvent:
    """Logins and uses of the product are found with `account` only."""
    return await events.one_event(tx, caller, event_id, account)


@router.get("/rejected", summary="List records that could not become events, newest first")
async def list_rejected(
    *,
    _: Operator,
    tx: Read,
    reason: Reason | None = None,
    source: Word = None,
    status: Literal["parked", "held", "replayed", "discarded"] | None = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[RejectedRecord]:
    """Each with its origin, its reason and the beginning of its body."""
    return await rejected.list_rejected(tx, rejected.RejectedFilter(reason, source, status), limit, cursor)


@router.post("/rejected/replay", summary="Send rejected records to their topic again")
async def replay_rejected(caller: Operator, tx: Write, clock: Time, body: RejectedChoice) -> RejectedActed:
    """Those of the ids, or the first 2,000 that are parked of a source, for a reason, or both: repeat it until it
    answers 0. What is still wrong is parked again."""
    return RejectedActed(records=await handle.replay_rejected(tx, caller, body, clock.now()))


@router.post("/rejected/discard", summary="Give rejected records up")
async def discard_rejected(caller: Operator, tx: Write, clock: Time, body: RejectedChoice) -> RejectedActed:
    """Chosen as for `replay`. Their bytes stay readable."""
    return RejectedActed(records=await handle.discard_rejected(tx, caller, body, clock.now()))


@router.get("/rejected/{rejected_id}", summary="One rejected record with its whole body")
async def one_rejected(_: Operator, tx: Read, rejected_id: RowId) -> RejectedRecord:
    """As text, or as base64 where it is not UTF-8."""
    return await rejected.one_rejected(tx, rejected_id)


@router.get("/models", summary="The health models that are loaded")
async def list_models(rules: InForceNow, caller: Reader, tx: Read) -> Page[HealthModel]:
    """With their bands, groups, measures and weights, and how many accounts each scores."""
    return Page(data=await models.list_models(tx, caller, rules), next=None)
