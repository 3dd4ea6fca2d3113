"""Every measure by its name. Adding one: a function and its `Measure` in a module here, and its name below."""

from services.health.measures import (
    contact,
    features,
    financial,
    limits,
    outcomes,
    people,
    relationship,
    renewal,
    sentiment,
    sessions,
    support,
    surveys,
    trends,
    usage,
    visits,
)
from services.health.measures.measure import Measure

_ROOMS = (
    usage, visits, sessions, trends, features, limits, contact, relationship, people, surveys, sentiment, support,
    outcomes, financial, renewal,
)  # fmt: skip

MEASURES: dict[str, Measure] = {measure.name: measure for room in _ROOMS for measure in room.MEASURES}
