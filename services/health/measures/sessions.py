"""How long people stay: sessions and their minutes (HM-4b, HM-11)."""

from services.health.measures.days import people_since
from services.health.measures.measure import Measure, Params
from shared.clock import DAY_US
from shared.facts import WINDOW_DAYS, Facts


def sessions_per_person(facts: Facts, now: int, params: Params) -> float | None:
    """Sessions per active person and week over the 28 UTC days ending today; 0 where there were none lately."""
    return _per_person_and_week(facts, "sessions", now, params["days"])


def time_in_product(facts: Facts, now: int, params: Params) -> float | None:
    """Minutes of sessions per active person and week over the 28 UTC days ending today; 0 where there were none."""
    seconds = _per_person_and_week(facts, "session_seconds", now, params["days"])
    return None if seconds is None else seconds / 60


def _per_person_and_week(facts: Facts, counted: str, now: int, days: int) -> float | None:
    """None where sessions were told and nobody was: they are no activity by themselves."""
    today = now // DAY_US
    number = facts.count(counted, today - days + 1, today)
    if not number:
        return None if number is None else 0.0
    people = people_since(facts, today - days + 1)
    return 7 * number / (people * days) if people else None


def session_length(facts: Facts, now: int, params: Params) -> float | None:
    """Mean minutes of the sessions of the 28 UTC days ending today; None without any."""
    today = now // DAY_US
    first = today - params["days"] + 1
    sessions = facts.count("sessions", first, today)
    return (facts.count("session_seconds", first, today) or 0) / 60 / sessions if sessions else None


_READS = frozenset({"session.recorded"})
_OF_PEOPLE = _READS | {"usage.recorded", "login.recorded"}
_DAYS = {"days": 28}

MEASURES = (
    Measure(
        name="sessions_per_person",
        label="Sessions per person",
        unit="sessions per person and week",
        bounds=(0, 1e9),
        sources=("HM-4b",),
        doc="sessions per active person and week over the 28 UTC days ending today",
        unknown="no session was ever told, or nobody is known to have been active",
        reads=_OF_PEOPLE,
        value=sessions_per_person,
        params=_DAYS,
        reach_days=WINDOW_DAYS,
    ),
    Measure(
        name="time_in_product",
        label="Time in product",
        unit="minutes per person and week",
        bounds=(0, 1e12),
        sources=("HM-4b",),
        doc="minutes of sessions per active person and week over the 28 UTC days ending today",
        unknown="no session was ever told, or nobody is known to have been active",
        reads=_OF_PEOPLE,
        value=time_in_product,
        params=_DAYS,
        reach_days=WINDOW_DAYS,
    ),
    Measure(
        name="session_length",
        label="Session duration",
        unit="minutes",
        bounds=(0, 1440),
        sources=("HM-11",),
        doc="mean length of the sessions of the 28 UTC days ending today",
        unknown="no session in these days",
        reads=_READS,
        value=session_length,
        params=_DAYS,
        reach_days=WINDOW_DAYS,
    ),
)
