"""Who left, and who speaks for us (TR-S1-14, TR-S2-2, TR-S3-7, TR-S3-13)."""

from collections.abc import Iterator

from services.health.detectors.finding import Detector, Finding, Scope
from services.health.measures.measure import first_instant
from shared.facts import Departure, Facts


def person_left(facts: Facts, now: int, scope: Scope) -> Iterator[Finding]:
    """Each person in the role who left in the window and was not told of since. The words do not name them: they travel
    further than forgetting reaches."""
    left = list(_left(facts, now, scope.days))
    if not left:
        return
    role = scope.params["role"]
    known = {person for person, part in facts.people.items() if part.role == role}
    if role == "executive_sponsor" and facts.sponsor is not None and facts.sponsor.person is not None:
        known.add(facts.sponsor.person)
    for person, departure in left:
        if person in known:
            words = f"The {role.replace('_', ' ')} has left"
            yield Finding(person, 1, words, (departure.event,), departure.at)


def stakeholders_left(facts: Facts, now: int, scope: Scope) -> Iterator[Finding]:
    """How many people left in the window."""
    left = sorted([one for _, one in _left(facts, now, scope.days)], key=lambda one: one.stamp)
    if left:
        words = f"{len(left)} people have left in {scope.days} days" if len(left) > 1 else "One person has left"
        yield Finding("", len(left), words, tuple(one.event for one in left), left[-1].at)


def _left(facts: Facts, now: int, days: int) -> Iterator[tuple[str, Departure]]:
    since = first_instant(now, days)
    for person, departure in facts.gone().items():
        if departure.at >= since:
            yield person, departure


def advocacy(facts: Facts, now: int, scope: Scope) -> Iterator[Finding]:
    """How often the account spoke for us in the window."""
    since = first_instant(now, scope.days)
    spoke = sorted([one for one in facts.record.advocacy.values() if one.at >= since], key=lambda one: one.stamp)
    if spoke:
        words = f"The account speaks for us: {spoke[-1].kind.replace('_', ' ')}"
        yield Finding("", len(spoke), words, tuple(one.event for one in spoke), spoke[-1].at)


def _departures(facts: Facts) -> object:
    return facts.departures or facts.record.stakeholders.get("bounced")


_LEFT = frozenset({"person.left", "person.updated"})

DETECTORS = (
    Detector(
        "person_left",
        "somebody in the role has left in the window",
        "always 1",
        person_left,
        _LEFT | {"sponsor.updated"},
        _departures,
        {"role": "champion"},
    ),
    Detector("stakeholders_left", "people have left in the window", "how many", stakeholders_left, _LEFT, _departures),
    Detector(
        "advocacy",
        "the account spoke for us in the window: a reference, a review",
        "how often",
        advocacy,
        frozenset({"advocacy.recorded"}),
        lambda facts: facts.record.advocacy,
    ),
)
