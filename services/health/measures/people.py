"""Whom we know at the account, and how well: threads, executives, champions, their strength (HM-7, HM-8)."""

from collections.abc import Set as AbstractSet

from services.health.measures.measure import Measure, Params, first_instant
from shared.facts import Facts

_EXECUTIVES = frozenset({"c_level", "vp"})
_UNNAMED = ""


def threads(facts: Facts, now: int, params: Params) -> float | None:
    """People who have not left and with whom there was contact in the 90 UTC days ending today: they came to a meeting,
    replied, or answered a survey. None where no contact ever named anybody."""
    if not (facts.meetings or facts.replies or facts.surveys):
        return None
    met = _in_contact(facts, first_instant(now, params["days"]))
    if not met and not _in_contact(facts, 0):
        return None
    return float(len(met - facts.gone().keys()))


def _in_contact(facts: Facts, since: int) -> set[str]:
    """Who took part in anything of ours from an instant on."""
    met = {reply.person for reply in facts.replies.values() if reply.at >= since and reply.person}
    met.update([survey.person for survey in facts.surveys.values() if survey.at >= since and survey.person])
    for meeting in facts.meetings.values():
        if meeting.status == "held" and meeting.starts_at >= since:
            met.update(meeting.people)
    return met


def executive_engagement(facts: Facts, now: int, params: Params) -> float | None:
    """The share of the executives (C level, vice presidents, the sponsor) who take part: by contact in the 90 UTC days
    ending today, or because that was said of them. 0 where all have left; None where none was ever known."""
    known = _executives(facts)
    if not known:
        return None
    stay = known - facts.gone().keys()
    if not stay:
        return 0.0
    met = _in_contact(facts, first_instant(now, params["days"]))
    return sum([_takes_part(facts, person, met) for person in stay]) / len(stay)


def _executives(facts: Facts) -> set[str]:
    known = {person for person, part in facts.people.items() if part.role == "executive_sponsor"}
    known |= {
        person for person, said in facts.record.stakeholders.get("level", {}).items() if said.value in _EXECUTIVES
    }
    if facts.sponsor is not None and facts.sponsor.identified:
        known.add(facts.sponsor.person or _UNNAMED)
    return known


def _takes_part(facts: Facts, person: str, met: AbstractSet[str]) -> bool:
    sponsor = facts.sponsor
    if person in met or (sponsor is not None and (sponsor.person or _UNNAMED) == person and sponsor.engaged is True):
        return True
    said = facts.record.stakeholders.get("engaged", {}).get(person)
    return said is not None and said.value is True


def champion_present(facts: Facts, now: int, params: Params) -> float | None:
    """1 if a champion is there, 0 if all have left; None if there never was one that we know of."""
    champions = _champions(facts)
    return float(bool(champions - facts.gone().keys())) if champions else None


def champion_strength(facts: Facts, now: int, params: Params) -> float | None:
    """The strongest relationship with a champion, 1 to 5, as last rated; 0 if all champions have left. None if there
    never was one, or none is rated."""
    champions = _champions(facts)
    stay = champions - facts.gone().keys()
    if not stay:
        return 0.0 if champions else None
    strength = facts.record.stakeholders.get("strength", {})
    rated = [said.value for person in stay if (said := strength.get(person)) and isinstance(said.value, int)]
    return float(max(rated)) if rated else None


def _champions(facts: Facts) -> set[str]:
    return {person for person, part in facts.people.items() if part.role == "champion"}


def relationship_strength(facts: Facts, now: int, params: Params) -> float | None:
    """The mean of the ratings, 1 at risk to 5 strong, of those who have not left and were rated in the 365 UTC days
    ending today (HM-8)."""
    rated = facts.record.stakeholders.get("strength")
    if not rated:
        return None
    since, gone = first_instant(now, params["days"]), facts.gone()
    values = [
        said.value
        for person, said in rated.items()
        if said.at >= since and person not in gone and isinstance(said.value, int)
    ]
    return sum(values) / len(values) if values else None


def competitor_mentions(facts: Facts, now: int, params: Params) -> float | None:
    """How often the account spoke of a competitor in the 90 UTC days ending today; None before it ever did, since then
    nobody may be writing it down."""
    told = facts.record.mentions
    if not told:
        return None
    since = first_instant(now, params["days"])
    return float(len([mention for mention in told.values() if mention.at >= since]))


_CONTACT = frozenset({"meeting.updated", "meeting.changed", "reply.received", "survey.response"})
_PEOPLE = frozenset({"person.updated", "person.left"})

MEASURES = (
    Measure(
        name="threads",
        label="Multi-threaded contacts",
        unit="people",
        bounds=(0, 10_000),
        sources=("HM-7",),
        doc="people who came to a meeting, replied or answered a survey in the 90 UTC days ending today",
        unknown="no contact ever named anybody",
        reads=_CONTACT | _PEOPLE,
        value=threads,
        params={"days": 90},
    ),
    Measure(
        name="executive_engagement",
        label="Executive engagement",
        unit="share",
        bounds=(0, 1),
        sources=("HM-4b",),
        doc="share of the executives and the sponsor who had contact with us in the 90 UTC days ending today, or are"
        " said to take part; 0 if all have left",
        unknown="no executive was ever known",
        reads=_CONTACT | _PEOPLE | {"sponsor.updated"},
        value=executive_engagement,
        params={"days": 90},
    ),
    Measure(
        name="champion_present",
        label="Champion",
        unit="yes or no",
        bounds=(0, 1),
        sources=("HM-7", "TR-S1-14"),
        doc="whether a champion is there; no, if all have left",
        unknown="there never was one",
        reads=_PEOPLE,
        value=champion_present,
    ),
    Measure(
        name="champion_strength",
        label="Champion strength",
        unit="rating of 5",
        bounds=(0, 5),
        sources=("HM-7", "HM-8"),
        doc="the strongest relationship with a champion, 1 to 5; 0 if all champions have left",
        unknown="there never was one, or none is rated",
        reads=_PEOPLE,
        value=champion_strength,
    ),
    Measure(
        name="relationship_strength",
        label="Relationship strength",
        unit="rating of 5",
        bounds=(1, 5),
        sources=("HM-8", "HM-4b"),
        doc="mean of what the CSM rated, 1 at risk to 5 strong, in the 365 UTC days ending today",
        unknown="nobody who is there was rated in these days",
        reads=_PEOPLE,
        value=relationship_strength,
        params={"days": 365},
    ),
    Measure(
        name="competitor_mentions",
        label="Competitor mentions",
        unit="mentions",
        bounds=(0, 120),
        sources=("HM-7", "TR-S3-8"),
        doc="how often the account spoke of a competitor in the 90 UTC days ending today",
        unknown="it never did: perhaps nobody writes it down",
        reads=frozenset({"competitor.mentioned"}),
        value=competitor_mentions,
        params={"days": 90},
    ),
)
