"""Every measure by its name. Adding one: a function and its `Measure` in a module here, and its name below."""

from services.health.measures.measure import Measure

MEASURES: dict[str, Measure] = {}
