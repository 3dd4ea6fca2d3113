"""Drafts: what a model would say before it is put in force."""

from fastapi import APIRouter

from services.api.access import Config, Drafter, RulesNow, Storage, Time
from services.api.schemas.whatif import Trial, TryModel
from services.api.trying import Trying, try_model
from services.playbooks.house import House
from services.playbooks.loading import load

router = APIRouter(prefix="/v1", tags=["models"])


@router.post("/models/try", summary="Try a draft of a model over all accounts, and over their history")
async def try_draft(  # noqa: PLR0917
    caller: Drafter, storage: Storage, rules: RulesNow, settings: Config, clock: Time, body: TryModel
) -> Trial:
    """Who would change band, both ways; with `since`, the crossings that it would have made, the playbooks that would
    have started and what that would have meant for their owners. Nothing is changed."""
    house = House(settings, load(settings.config_dir), {})
    return await try_model(Trying(storage, rules, house, caller, clock.now()), body)
