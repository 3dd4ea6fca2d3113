"""Accounts taken together: companies of several accounts, bands over time, the team that they ask for."""

from typing import Annotated

from fastapi import APIRouter, Query

from services.api.access import InForceNow, Read, Reader, Time
from services.api.params import AccountId
from services.api.queries import companies, distribution
from services.api.queries import teams as of_teams
from services.api.queries.accounts import must_see
from services.api.schemas import Page
from services.api.schemas.whole import BandSeries, Company, Team
from services.api.values import Day

router = APIRouter(prefix="/v1", tags=["accounts"])


@router.get("/accounts/{account_id}/company", summary="The score of a company out of those of its accounts")
async def company(caller: Reader, tx: Read, account_id: AccountId) -> Company:
    """The account with all that name it as their parent, and theirs: their scores weighted by revenue, and what each
    brings."""
    await must_see(tx, caller, account_id)
    return await companies.company_of(tx, caller, account_id)


@router.get("/distribution", summary="How many accounts were in which band, over time")
async def bands(
    *,
    caller: Reader,
    tx: Read,
    clock: Time,
    by: distribution.By = "segment",
    since: Annotated[Day | None, Query(description="first UTC day; 90 days before the last by default")] = None,
    until: Annotated[Day | None, Query(description="last UTC day; yesterday by default, and at the latest")] = None,
    every: Annotated[int, Query(ge=1, le=90, description="days between two; 60 in all at most")] = 7,
) -> Page[BandSeries]:
    """At the closes of days, as known now: by the segment of that day, by the present owner, or of all."""
    asked = distribution.days(clock.now().date(), since, until, every)
    return Page(data=await distribution.distribution(tx, caller, by, asked), next=None)


@router.get("/teams", summary="What team the accounts ask for")
async def teams(caller: Reader, tx: Read, rules: InForceNow) -> Page[Team]:
    """CSMs by the segments' ratios, who leads them, the stage of growth, whom it is time to hire; worked examples."""
    return Page(data=await of_teams.teams(tx, caller, rules), next=None)
