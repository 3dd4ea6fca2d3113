"""Whether we meet and hear of each other: meetings kept, answers, trainings, the community (HM-7, HM-11)."""

from bisect import bisect_left

from services.health.measures.measure import Measure, Params, first_instant
from shared.clock import DAY_US
from shared.facts import Facts

_REVIEWS = frozenset({"qbr", "ebr"})
_TRAININGS = frozenset({"training"})


def meeting_attendance(facts: Facts, now: int, params: Params) -> float | None:
    """Meetings held ÷ those held or missed, in the 90 UTC days ending today. Cancelled ones are neither."""
    return _kept(facts, now, params["days"], None)


def qbr_attendance(facts: Facts, now: int, params: Params) -> float | None:
    """The same of business reviews (QBR, EBR), in the 365 UTC days ending today."""
    return _kept(facts, now, params["days"], _REVIEWS)


def training_completion(facts: Facts, now: int, params: Params) -> float | None:
    """The same of trainings, in the 365 UTC days ending today."""
    return _kept(facts, now, params["days"], _TRAININGS)


def _kept(facts: Facts, now: int, days: int, kinds: frozenset[str] | None) -> float | None:
    if not facts.meetings:
        return None
    since = first_instant(now, days)
    held = missed = 0
    for meeting in facts.meetings.values():
        if meeting.starts_at >= since and (kinds is None or meeting.kind in kinds):
            held += meeting.status == "held"
            missed += meeting.status == "missed"
    return held / (held + missed) if held or missed else None


def response_rate(facts: Facts, now: int, params: Params) -> float | None:
    """Outreach of the 90 UTC days ending today that was answered ÷ all of it that had its chance: that was answered, or
    is three UTC days old. Any reply within the 14 days after an outreach answers it."""
    if not facts.outreach:
        return None
    since, patience = first_instant(now, params["days"]), first_instant(now, params["wait_days"])
    replies = sorted([reply.at for reply in facts.replies.values()])
    within = params["answer_days"] * DAY_US
    answered = judged = 0
    for at in [outreach.at for outreach in facts.outreach.values() if outreach.at >= since]:
        following = bisect_left(replies, at)
        was_answered = following < len(replies) and replies[following] <= at + within
        answered += was_answered
        judged += was_answered or at < patience
    return answered / judged if judged else None


def community_participation(facts: Facts, now: int, params: Params) -> float | None:
    """Posts, answers, events and the like of the account in the community, in the 90 UTC days ending today."""
    today = now // DAY_US
    told = [counts for name, counts in facts.record.days.items() if name.startswith("community.")]
    return float(sum([counts.over(today - params["days"] + 1, today) for counts in told])) if told else None


_MEETINGS = frozenset({"meeting.updated", "meeting.changed"})

MEASURES = (
    Measure(
        name="meeting_attendance",
        label="Meetings kept",
        unit="share",
        bounds=(0, 1),
        sources=("HM-7",),
        doc="meetings held, divided by those held or missed, in the 90 UTC days ending today",
        unknown="none was held or missed in these days",
        reads=_MEETINGS,
        value=meeting_attendance,
        params={"days": 90},
    ),
    Measure(
        name="qbr_attendance",
        label="Business reviews kept",
        unit="share",
        bounds=(0, 1),
        sources=("HM-11", "TR-S2-6"),
        doc="QBRs and EBRs held, divided by those held or missed, in the 365 UTC days ending today",
        unknown="none was held or missed in these days",
        reads=_MEETINGS,
        value=qbr_attendance,
        params={"days": 365},
    ),
    Measure(
        name="training_completion",
        label="Training completion",
        unit="share",
        bounds=(0, 1),
        sources=("HM-7",),
        doc="trainings held, divided by those held or missed, in the 365 UTC days ending today",
        unknown="none was held or missed in these days",
        reads=_MEETINGS,
        value=training_completion,
        params={"days": 365},
    ),
    Measure(
        name="response_rate",
        label="Response rate",
        unit="share",
        bounds=(0, 1),
        sources=("HM-7",),
        doc="outreach of the 90 UTC days ending today that was answered within 14 days, divided by all of it that was"
        " answered or is three UTC days old",
        unknown="no such outreach in these days",
        reads=frozenset({"outreach.sent", "reply.received"}),
        value=response_rate,
        params={"days": 90, "wait_days": 3, "answer_days": 14},
    ),
    Measure(
        name="community_participation",
        label="Community participation",
        unit="contributions",
        bounds=(0, 1e12),
        sources=("HM-7",),
        doc="contributions to the community in the 90 UTC days ending today",
        unknown="there never was one",
        reads=frozenset({"community.recorded"}),
        value=community_participation,
        params={"days": 90},
        reach_days=128,
    ),
)
