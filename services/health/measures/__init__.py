"""Every measure by its name. Adding one: a function and its `Measure` in a module here, and its name below."""

from services.health.measures import financial, relationship, sentiment, usage
from services.health.measures.measure import Measure

MEASURES: dict[str, Measure] = {
    measure.name: measure for room in (usage, relationship, financial, sentiment) for measure in room.MEASURES
}
