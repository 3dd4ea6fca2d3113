"""Every detector by its name. Adding one: a function and its `Detector` in a module here; a new module is one name.

What a measure says, or several together, needs no detector: a file in services/health/signals says it.
"""

from services.health.detectors import people, requests, support, terms, use
from services.health.detectors.finding import Detector

DETECTORS: dict[str, Detector] = {
    detector.name: detector for room in (requests, people, support, terms, use) for detector in room.DETECTORS
}
