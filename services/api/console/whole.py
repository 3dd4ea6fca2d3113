"""Bands over time, and the team that the accounts ask for."""

from fastapi import APIRouter, Request, Response

from services.api.access import InForceNow, Read, Time, Visitor
from services.api.console.drawing import draw
from services.api.console.pages import bands_of, colors_of
from services.api.console.stacks import stack
from services.api.queries.distribution import By, days, distribution
from services.api.queries.teams import teams

router = APIRouter()
_MOST_DRAWN = 40


@router.get("/bands")
async def bands_page(
    *, request: Request, rules: InForceNow, caller: Visitor, tx: Read, clock: Time, by: By = "segment"
) -> Response:
    """The last 90 days, week by week: a picture for each segment, or for each owner, the largest first."""
    asked = days(clock.now().date(), None, None, 7)
    found = await distribution(tx, caller, by, asked)
    bands, drawn = bands_of(rules.in_force.values()), [end.date() for end in asked.ends()]
    stacks = sorted((stack(one, bands, drawn) for one in found), key=lambda one: -one.accounts)
    return draw(
        request,
        "bands.html",
        caller,
        by=by,
        stacks=stacks[:_MOST_DRAWN],
        more=max(len(stacks) - _MOST_DRAWN, 0),
        bands=bands,
        colors=colors_of(bands),
        teams=await teams(tx, caller, rules),
    )
