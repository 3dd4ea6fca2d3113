"""Segments: which kinds of accounts there are, how each is cared for, and how many accounts are where."""

from fastapi import APIRouter

from services.api.access import InForceNow, Read, Reader
from services.api.queries import segments as ask
from services.api.schemas import SegmentSchemes

router = APIRouter(prefix="/v1", tags=["accounts"])


@router.get("/segments", summary="The schemes in force, with their accounts and coverage models")
async def segments(caller: Reader, tx: Read, rules: InForceNow) -> SegmentSchemes:
    """Segments, tiers, sizes and lifecycle stages, with how many of the accounts that you may see are in each."""
    return await ask.schemes(tx, caller, rules)
