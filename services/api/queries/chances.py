"""An account's chance to leave, in words."""

from services.api.schemas import ChurnChance, ChurnReason
from services.health.measures import MEASURES
from services.health.predict.nouns import Reason
from services.health.store import churn
from services.health.words import said
from shared.clock import date_of
from shared.database import Reading


async def churn_chance(tx: Reading, account_id: int) -> ChurnChance | None:
    """What stands for the account; None until something was learnt."""
    found = await churn.chance(tx, account_id)
    taught = await churn.model(tx, found.model_id) if found else None
    if found is None or taught is None:
        return None
    return ChurnChance(
        probability=found.chance,
        horizon_days=taught.learnt.horizon_days,
        reasons=[reason_of(reason) for reason in found.told],
        model=found.model_id,
        as_of=date_of(found.day),
    )


def reason_of(reason: Reason) -> ChurnReason:
    """A reason in the words of its measure; of one that is no more, in numbers."""
    name = reason.column.partition(" ")[0]
    measure = MEASURES.get(name)
    if measure is None:
        return ChurnReason(measure=name, label=name, words=f"{reason.value}; {reason.usual} usually")
    value, usual = (said(measure.unit, one) for one in (reason.value, reason.usual))
    return ChurnReason(measure=name, label=measure.label, words=f"{value}; {usual} usually")
