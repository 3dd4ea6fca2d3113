"""Every measure by its name. Adding one: a function and its `Measure` in a module here, and the module's name below."""

from importlib import import_module

from services.health.measures.measure import Measure

_ROOMS = (
    "usage", "visits", "sessions", "trends", "features", "limits", "contact", "relationship", "people", "surveys",
    "sentiment", "support", "outcomes", "financial", "renewal",
)  # fmt: skip

MEASURES: dict[str, Measure] = {
    measure.name: measure for room in _ROOMS for measure in import_module(f"{__name__}.{room}").MEASURES
}
