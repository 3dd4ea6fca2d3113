"""Questions about health models: what is loaded, and how many accounts it scores."""

from services.api.queries.explained import Models
from services.api.queries.visible import standing_accounts, visible_accounts
from services.api.roles import Caller
from services.api.schemas import HealthModel, ModelBand, ModelGroup, ModelMeasure
from services.health.model import Group, Model
from shared.database import Reading


async def list_models(tx: Reading, caller: Caller, models: Models) -> list[HealthModel]:
    """The models that are loaded, by name."""
    rows = await tx.fetch(
        f"""
        SELECT s.model, count(*) AS accounts
        FROM scores s JOIN accounts a ON a.id = s.account_id
        WHERE {visible_accounts()} AND {standing_accounts()} GROUP BY s.model
        """,
        caller.book,
    )
    counts = {row["model"]: row["accounts"] for row in rows}
    return [_model(models[name], counts.get(name, 0)) for name in sorted(models)]


def _model(model: Model, accounts: int) -> HealthModel:
    return HealthModel(
        name=model.name,
        version=model.version,
        words=model.words,
        accounts=accounts,
        bands=[ModelBand(name=band.name, lower=band.lower, color=band.color) for band in model.bands],
        groups=[_group(group) for group in model.groups],
        minimum_coverage=model.minimum_coverage,
        upward_margin=model.upward_margin,
        exceptions=[rule.words for rule in model.exceptions],
    )


def _group(group: Group) -> ModelGroup:
    measures = [
        ModelMeasure(measure=leaf.measure, label=leaf.words, unit=leaf.told.unit, weight=leaf.weight)
        for leaf in group.leaves
    ]
    return ModelGroup(group=group.name, label=group.label, weight=group.weight, measures=measures)
