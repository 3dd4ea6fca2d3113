"""Accounts: where they stand and why."""

from typing import Annotated

from fastapi import APIRouter, Query

from services.api import handle
from services.api.access import Decider, InForceNow, Read, Reader, Time, Write
from services.api.params import AccountId, Cursor, Limit, When, Word, one_of
from services.api.queries import accounts as ask
from services.api.queries.why import why as ask_why
from services.api.schemas import Account, AccountDetail, HistoryRow, OwnerChoice, Page
from services.api.schemas.why import Why

router = APIRouter(prefix="/v1", tags=["accounts"])


@router.get("/accounts", summary="List accounts, worst score first")
async def list_accounts(
    *,
    rules: InForceNow,
    caller: Reader,
    tx: Read,
    clock: Time,
    band: Annotated[Word, Query(description="`unknown` for those without a score", examples=["critical"])] = None,
    owner: Annotated[Word, Query(description="e-mail address of the CSM")] = None,
    unowned: Annotated[bool | None, Query(description="true: those that nobody owns; false: the others")] = None,
    segment: Word = None,
    served_as: Word = None,
    tier: Word = None,
    size: Word = None,
    stage: Word = None,
    deleted: Annotated[bool, Query(description="true: those that their source has deleted, which no list has")] = False,
    q: Annotated[Word, Query(description="part of the name, or an id, or the domain")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[Account]:
    """Those that the key may see. A csm key sees its owner's book."""
    one_of("band", band, {each.name for model in rules.models.values() for each in model.bands} | {"unknown"})
    one_of("segment", segment, rules.in_force)
    wanted = ask.AccountFilter(
        [band] if band else None, owner, segment, q, served_as, tier, size, stage, unowned, deleted
    )
    return await ask.list_accounts(tx, caller, wanted, limit=limit, cursor=cursor, now=clock.now())


@router.get("/accounts/{account_id}", summary="One account, with everything that explains its score")
async def account(rules: InForceNow, caller: Reader, tx: Read, clock: Time, account_id: AccountId) -> AccountDetail:
    """The score with the contribution of every measure, its last changes down to the events, open tasks, runs."""
    return await ask.account_detail(tx, caller, account_id, rules.models, clock.now())


@router.put("/accounts/{account_id}/owner", summary="Choose an account's owner")
async def choose_owner(
    *, rules: InForceNow, caller: Decider, tx: Write, clock: Time, account_id: AccountId, body: OwnerChoice
) -> AccountDetail:
    """A person's choice outranks what the CRM says and what pools give. Open tasks follow."""
    await handle.choose_owner(tx, caller, account_id, body, clock.now())
    return await ask.account_detail(tx, caller, account_id, rules.models, clock.now())


@router.delete("/accounts/{account_id}/owner", summary="Take the choice of an owner back")
async def forget_owner(
    rules: InForceNow, caller: Decider, tx: Write, clock: Time, account_id: AccountId
) -> AccountDetail:
    """The CRM, or a pool, says again whose the account is. 409 where nobody had chosen."""
    await handle.forget_owner(tx, caller, account_id, clock.now())
    return await ask.account_detail(tx, caller, account_id, rules.models, clock.now())


@router.get("/accounts/{account_id}/why", summary="Why the score is what it is, or was at an instant")
async def why(
    *,
    rules: InForceNow,
    caller: Reader,
    tx: Read,
    clock: Time,
    account_id: AccountId,
    at: Annotated[When, Query(description="the instant; now by default")] = None,
    limit: Limit = 10,
) -> Why:
    """What was in effect then, as known now; the last changes up to then, down to their events; and what passing time
    alone had cost in the 90 days before, day by day."""
    await ask.must_see(tx, caller, account_id)
    return await ask_why(tx, account_id, at or clock.now(), rules, limit)


@router.get("/accounts/{account_id}/history", summary="What the score was, newest first")
async def history(
    *,
    rules: InForceNow,
    caller: Reader,
    tx: Read,
    account_id: AccountId,
    since: Annotated[When, Query(description="from this instant on; a date is the beginning of its UTC day")] = None,
    until: Annotated[When, Query(description="before this instant")] = None,
    as_of: Annotated[When, Query(description="only what was in effect then")] = None,
    known_at: Annotated[When, Query(description="as known then; otherwise as known now")] = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Page[HistoryRow]:
    """Changes of the score and the closes of its days, with the values of all measures."""
    await ask.must_see(tx, caller, account_id)
    span = ask.Span(since, until, as_of, known_at)
    return await ask.score_history(tx, account_id, span, rules, limit=limit, cursor=cursor)
