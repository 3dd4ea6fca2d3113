"""What people set scores to: it counts while it is in force, beside what is computed."""

from fastapi import APIRouter

from services.api import handle
from services.api.access import Force, InForceNow, Read, Reader, TaskDoer, Time, Write
from services.api.params import AccountId, Cursor, Limit
from services.api.queries.accounts import account_detail, must_see
from services.api.queries.overrides import list_overrides
from services.api.schemas import AccountDetail, Override, OverrideChoice, Page

router = APIRouter(prefix="/v1/accounts/{account_id}", tags=["accounts"])


@router.get("/overrides", summary="List an account's overrides, newest first")
async def overrides(
    *, caller: Reader, tx: Read, account_id: AccountId, limit: Limit = 50, cursor: Cursor = None
) -> Page[Override]:
    """Also those that have ended, with why."""
    await must_see(tx, caller, account_id)
    return await list_overrides(tx, account_id, limit, cursor)


@router.post("/overrides", summary="Say what an account's score counts as, until when and why")
async def set_override(  # noqa: PLR0917
    rules: InForceNow, force: Force, caller: TaskDoer, tx: Write, clock: Time, account_id: AccountId,
    body: OverrideChoice,
) -> AccountDetail:  # fmt: skip
    """It drives score, band, episode and crossings until then; what is computed stays beside it. Another that was in
    force ends; the same again changes nothing."""
    await handle.set_override(tx, caller, force, account_id, body, clock.now())
    return await account_detail(tx, caller, account_id, rules.models, clock.now())


@router.delete("/overrides", summary="End the override of an account")
async def end_override(  # noqa: PLR0917
    rules: InForceNow, force: Force, caller: TaskDoer, tx: Write, clock: Time, account_id: AccountId
) -> AccountDetail:
    """What is computed counts again. 409 where none is in force."""
    await handle.end_override(tx, caller, force, account_id, clock.now())
    return await account_detail(tx, caller, account_id, rules.models, clock.now())
