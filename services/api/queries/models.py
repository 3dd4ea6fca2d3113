"""Questions about health models: what is loaded, and how many accounts it scores."""

from services.api.queries.visible import listed_accounts, visible_accounts
from services.api.roles import Caller
from services.api.schemas import HealthModel, ModelBand, ModelGroup, ModelMeasure
from services.health.model import Group, Model
from services.health.rules import Rules
from shared.database import Reading


async def list_models(tx: Reading, caller: Caller, rules: Rules) -> list[HealthModel]:
    """The models that can score, by name, and those that did."""
    rows = await tx.fetch(
        f"""
        SELECT s.model, count(*) AS accounts
        FROM scores s JOIN accounts a ON a.id = s.account_id
        WHERE {visible_accounts()} AND {listed_accounts()} GROUP BY s.model
        """,
        caller.book,
    )
    counts = {row["model"]: row["accounts"] for row in rows}
    return [_model(rules.models[name], rules, counts.get(name, 0)) for name in sorted(rules.models)]


def _model(model: Model, rules: Rules, accounts: int) -> HealthModel:
    return HealthModel(
        segments=[segment for segment, scoring in rules.in_force.items() if scoring.key == model.key],
        shadow_of=[segment for segment, watching in rules.shadow.items() if watching.key == model.key],
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
