"""How well we know each other: NPS, meetings, replies, the executive sponsor (HM-6)."""

from services.health.measures.measure import Measure, Params, first_instant, newest
from shared.clock import DAY_US
from shared.facts import Facts


def nps_score(facts: Facts, now: int, params: Params) -> float | None:
    """The newest answer to the NPS question, brought to 0 to 10 (ERR-15: one person's answer, not the index)."""
    latest = _latest_nps(facts)
    return latest and latest[0]


def _latest_nps(facts: Facts) -> tuple[float, int] | None:
    answer = newest([survey for survey in facts.surveys.values() if survey.kind == "nps"])
    if answer is None:
        return None
    return 10 * (answer.score - answer.lowest) / (answer.highest - answer.lowest), answer.at


def regular_meetings(facts: Facts, now: int, params: Params) -> float | None:
    """1 if a meeting was held in the 45 UTC days ending today, 0 if not; None before any was held or missed."""
    since = first_instant(now, params["days"])
    known = False
    for meeting in facts.meetings.values():
        if meeting.status == "held" and meeting.starts_at >= since:
            return 1.0
        known = known or meeting.status in {"held", "missed"}
    return 0.0 if known else None


def responsive_to_outreach(facts: Facts, now: int, params: Params) -> float | None:
    """Whether the newest outreach that has had its chance was answered: 1 or 0; None without one in 90 UTC days.

    An outreach had its chance once it was answered or is three UTC days old. Any reply within the 14 days after an
    outreach answers it.
    """
    if not facts.outreach:
        return None
    since = first_instant(now, params["days"])
    patience = first_instant(now, params["wait_days"])
    sent = sorted([outreach.at for outreach in facts.outreach.values() if outreach.at >= since], reverse=True)
    for at in sent:
        if _was_answered(facts, at, params["answer_days"] * DAY_US):
            return 1.0
        if at < patience:
            return 0.0
    return None


def _was_answered(facts: Facts, sent_at: int, within: int) -> bool:
    last = sent_at + within
    return bool([reply for reply in facts.replies.values() if sent_at <= reply.at <= last])


def sponsor_identified(facts: Facts, now: int, params: Params) -> float | None:
    """1 if the account has an executive sponsor who has not left, 0 if not; None if nobody has said."""
    if facts.sponsor is not None:
        return float(facts.sponsor.identified and not _has_left(facts, facts.sponsor.person, facts.sponsor.stamp))
    sponsors = [(key, person) for key, person in facts.people.items() if person.role == "executive_sponsor"]
    if not sponsors:
        return None
    return float(any(not _has_left(facts, key, person.stamp) for key, person in sponsors))


def _has_left(facts: Facts, person: str | None, known_at: tuple[int, int, bytes]) -> bool:
    departure = facts.departure(person) if person is not None else None
    return departure is not None and departure.stamp > known_at


def sponsor_engaged(facts: Facts, now: int, params: Params) -> float | None:
    """1 if the executive sponsor takes part, 0 if not or if there is none; None if nobody has said."""
    if sponsor_identified(facts, now, params) == 0.0:
        return 0.0
    if facts.sponsor is None or facts.sponsor.engaged is None:
        return None
    return float(facts.sponsor.engaged)


_SPONSOR = frozenset({"sponsor.updated", "person.updated", "person.left"})

MEASURES = (
    Measure(
        name="nps_score",
        label="NPS answer",
        unit="points of 10",
        bounds=(0, 10),
        sources=("HM-6", "ERR-15"),
        doc="the newest answer to the NPS question, brought to a scale of 0 to 10",
        unknown="no answer ever",
        reads=frozenset({"survey.response"}),
        value=nps_score,
        latest=_latest_nps,
    ),
    Measure(
        name="regular_meetings",
        label="Regular meetings",
        unit="yes or no",
        bounds=(0, 1),
        sources=("HM-6",),
        doc="whether a meeting was held in the 45 UTC days ending today; unknown before any was held or missed",
        unknown="none was ever held or missed",
        reads=frozenset({"meeting.updated", "meeting.changed"}),
        value=regular_meetings,
        params={"days": 45},
    ),
    Measure(
        name="responsive_to_outreach",
        label="Responsive to outreach",
        unit="yes or no",
        bounds=(0, 1),
        sources=("HM-6",),
        doc="whether a reply came within 14 days of the newest outreach that was answered or is three UTC days old;"
        " unknown without one in 90 UTC days",
        unknown="no such outreach in 90 UTC days",
        reads=frozenset({"outreach.sent", "reply.received"}),
        value=responsive_to_outreach,
        params={"days": 90, "wait_days": 3, "answer_days": 14},
    ),
    Measure(
        name="sponsor_identified",
        label="Executive sponsor identified",
        unit="yes or no",
        bounds=(0, 1),
        sources=("HM-6",),
        doc="whether the account has an executive sponsor who has not left",
        unknown="nobody has said",
        reads=_SPONSOR,
        value=sponsor_identified,
    ),
    Measure(
        name="sponsor_engaged",
        label="Executive sponsor engaged",
        unit="yes or no",
        bounds=(0, 1),
        sources=("HM-6",),
        doc="whether the executive sponsor takes part; no, if there is none or they have left",
        unknown="nobody has said",
        reads=_SPONSOR,
        value=sponsor_engaged,
    ),
)
