"""Why a score is what it is where nobody saw it move: what its measures lack most. Pure."""

from services.health.assess import Assessment
from services.health.causes import Cause
from services.health.model import Model
from services.health.scoring import MOST_POINTS
from services.health.words import points, spoken


def lacking(model: Model, assessment: Assessment, most: int) -> list[Cause]:
    """The measures that bring least of what they could bring now, the worst first: their points are what is lacking,
    and negative. None of an unknown score."""
    parts = assessment.contributions[: len(model.leaves)]
    whole = model.plan.weigh(tuple(None if part.points is None else MOST_POINTS for part in parts)).parts
    if assessment.score is None or whole is None:
        return []
    found = [
        Cause(
            measure=leaf.measure,
            label=leaf.words,
            points=part.contribution - full,
            words=f"{spoken(leaf, part.value)} brings {points(part.contribution)} of {points(full)} points",
        )
        for leaf, part, full in zip(model.leaves, parts, whole, strict=True)
        if part.contribution < full
    ]
    return sorted(found, key=lambda cause: cause.points)[:most]
