"""What was received: events, rejected records, and the models that read them."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query

from services.api.access import InForceNow, Operator, Read, Reader
from services.api.params import Cursor, EventId, Limit, OfAccount, RowId, TheAccount, When, Word
from services.api.queries import events, models, rejected
from services.api.queries.accounts import must_see
from services.api.schemas import HealthModel, Page, RejectedRecord, StoredEvent
from shared.errors import Reason

router = APIRouter(prefix="/v1", tags=["evidence"])


@router.get("/events", summary="List an account's events, last received first")
async def list_events(
    *,
    caller: Reader,
    tx: Read,
    account: TheAccount,
    type: Word = None,  # the parameter is called what the field is called
    since: Annotated[When, Query(description="occurred from this instant on")] = None,
    until: Annotated[When, Query(description="occurred before this instant")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[StoredEvent]:
    """With their payloads as they were accepted."""
    await must_see(tx, caller, account)
    return await events.list_events(tx, account, events.EventFilter(type, since, until), limit, cursor)


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


@router.get("/rejected/{rejected_id}", summary="One rejected record with its whole body")
async def one_rejected(_: Operator, tx: Read, rejected_id: RowId) -> RejectedRecord:
    """As text, or as base64 where it is not UTF-8."""
    return await rejected.one_rejected(tx, rejected_id)


@router.get("/models", summary="The health models that are loaded")
async def list_models(rules: InForceNow, caller: Reader, tx: Read) -> Page[HealthModel]:
    """With their bands, groups, measures and weights, and how many accounts each scores."""
    return Page(data=await models.list_models(tx, caller, rules), next=None)
