"""The customer record of an account, list by list: all of one pattern."""

from collections.abc import Awaitable, Callable
from typing import Any

from fastapi import APIRouter

from services.api.access import Read, Reader
from services.api.params import AccountId, Cursor, Limit
from services.api.queries import record as ask
from services.api.queries.accounts import must_see
from services.api.schemas import Page, Schema
from services.api.schemas.agreed import (
    Advocacy,
    Capacity,
    ExitInterview,
    Handoff,
    Interaction,
    Opportunity,
    Return,
    Survey,
)
from services.api.schemas.record import Movement, Person, Plan, Subscription, Ticket

router = APIRouter(prefix="/v1/accounts/{account_id}", tags=["record"])

_ROUTES: dict[str, tuple[ask.List, type[Schema], str]] = {
    "people": (ask.PEOPLE, Person, "List the people of an account, also those who have left"),
    "subscriptions": (ask.SUBSCRIPTIONS, Subscription, "List the subscriptions of an account, also ended ones"),
    "movements": (ask.MOVEMENTS, Movement, "What moved an account's recurring revenue, oldest first"),
    "tickets": (ask.TICKETS, Ticket, "List the support tickets of an account, also solved ones"),
    "plans": (ask.PLANS, Plan, "List the success plans of an account"),
    "opportunities": (ask.OPPORTUNITIES, Opportunity, "List the deals of an account"),
    "surveys": (ask.SURVEYS, Survey, "List what an account answered to surveys"),
    "interactions": (ask.INTERACTIONS, Interaction, "List what passed between an account and us"),
    "returns": (ask.RETURNS, Return, "List what an account was promised, and what came of it"),
    "handoffs": (ask.HANDOFFS, Handoff, "List the handoffs of an account from sales"),
    "exit-interviews": (ask.EXIT_INTERVIEWS, ExitInterview, "List why an account left"),
    "advocacy": (ask.ADVOCACY, Advocacy, "List when an account spoke for us"),
    "capacity": (ask.CAPACITY, Capacity, "What an account may use and uses: one line, or none where nobody has said"),
}
"""Path → (its list, what a line shows, what the documentation says)."""


def _listing(wanted: ask.List, shown: type[Schema]) -> Callable[..., Awaitable[Any]]:
    async def listed(
        *, caller: Reader, tx: Read, account_id: AccountId, limit: Limit = 50, cursor: Cursor = None
    ) -> Any:
        await must_see(tx, caller, account_id)
        return await ask.listed(tx, wanted, shown, account_id, (limit, cursor))

    return listed


for _path, (_wanted, _shown, _summary) in _ROUTES.items():
    router.add_api_route(
        f"/{_path}", _listing(_wanted, _shown), methods=["GET"], response_model=Page[_shown],  # type: ignore[valid-type]
        summary=_summary, description=f"{_shown.__doc__} As its newest event says.", name=_path.replace("-", "_"),
    )  # fmt: skip
