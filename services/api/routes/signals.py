"""Signals: what was noticed about accounts that is not their band."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query

from services.api.access import Read, Reader
from services.api.params import Cursor, Limit, OfAccount, When, Word
from services.api.queries import signals as ask
from services.api.schemas import Page, Signal

router = APIRouter(prefix="/v1", tags=["signals"])


@router.get("/signals", summary="List signals, newest first")
async def list_signals(
    *,
    caller: Reader,
    tx: Read,
    account: OfAccount = None,
    kind: Annotated[Word, Query(description="as docs/signals.md names it", examples=["usage_drop"])] = None,
    side: Literal["risk", "expansion"] | None = None,
    severity: Literal["info", "warning", "critical"] | None = None,
    since: When = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[Signal]:
    """Each once, when it began to hold or grew more severe, with its evidence."""
    return await ask.list_signals(tx, caller, ask.SignalFilter(account, kind, side, severity, since), limit, cursor)
