"""Sources: who tells us things, and who has fallen silent."""

from fastapi import APIRouter

from services.api.access import Config, Operator, Read, Time
from services.api.queries import sources
from services.api.schemas import Page, Source

router = APIRouter(prefix="/v1", tags=["evidence"])


@router.get("/sources", summary="List sources and how they are doing")
async def list_sources(_: Operator, tx: Read, clock: Time, settings: Config) -> Page[Source]:
    """By name: when each was last heard, how long it is usually silent, whether it is quiet for longer than that or
    held, and what of it is parked or waits for its account."""
    return Page(data=await sources.list_sources(tx, settings, clock.now()), next=None)
