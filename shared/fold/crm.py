"""What crm.events do to the facts; what was agreed is in `fold.plans`."""

from collections.abc import Collection
from typing import Any

from shared.contracts import crm
from shared.facts import (
    MOST_GUESTS,
    MOST_MILESTONES,
    Departure,
    Event,
    Facts,
    Feedback,
    Field,
    Mark,
    Meeting,
    Mention,
    Milestone,
    Outreach,
    Person,
    Reply,
    Said,
    Sponsor,
)
from shared.fold import plans
from shared.fold.pieces import put_piece
from shared.fold.stamped import Rule, count, newer, put, put_first, stamp, us

_STAKEHOLDER = {
    "level": "level",
    "relationship_strength": "strength",
    "engaged": "engaged",
    "email_bounced": "bounced",
}
"""Field of person.updated → what `Facts.stakeholders` calls it."""
_MEETING = {
    "kind": "kind",
    "status": "status",
    "starts_at": "starts_at",
    "ends_at": "ends_at",
    "person_ids": "people",
    "absent_ids": "absent",
}
"""Field of a meeting's events → what `Meeting` calls it."""
_NO_MEETING = Meeting(-1, 0, b"", "check_in", "scheduled", -1, told=[])


def _on_account(facts: Facts, event: Event) -> None:
    body: crm.AccountUpdated = event.body
    named = body.model_fields_set - {"external_ids"}
    if not named:
        record = facts.own_record()
        record.restored = newer(record.restored, Mark(*stamp(event)))
    for name in named:
        value = getattr(body, name)
        known = facts.fields.get(name)
        if known is None or known.stamp < stamp(event):
            plain = value if value is None or isinstance(value, int) else str(value)
            facts.fields[name] = Field(*stamp(event), plain)


def _on_deletion(facts: Facts, event: Event) -> None:
    record = facts.own_record()
    record.deletion = newer(record.deletion, Mark(*stamp(event)))


def _on_loss(facts: Facts, event: Event) -> None:
    record = facts.own_record()
    record.refresh = newer(record.refresh, Mark(*stamp(event), event.body.reason or "changes were lost"))


def _on_refresh(facts: Facts, event: Event) -> None:
    record = facts.own_record()
    record.refresh = newer(record.refresh, Mark(*stamp(event)))


def _on_person(facts: Facts, event: Event) -> None:
    body: crm.PersonUpdated = event.body
    _say(facts, "told", event, None)
    for name in body.model_fields_set:
        if name == "role":
            put(facts.people, body.person_id, Person(*stamp(event), body.role))
        elif name in _STAKEHOLDER:
            _say(facts, _STAKEHOLDER[name], event, getattr(body, name))


def _say(facts: Facts, what: str, event: Event, value: str | int | bool | None) -> None:
    stakeholders = facts.own_record().stakeholders
    stakeholders[what] = dict(stakeholders.get(what, ()))
    put(stakeholders[what], event.body.person_id, Said(*stamp(event), value))


def _on_departure(facts: Facts, event: Event) -> None:
    put(facts.departures, event.body.person_id, Departure(*stamp(event), event.body.reason))


def _on_milestone(facts: Facts, event: Event) -> None:
    name, lifecycle = event.body.milestone, facts.own_record().lifecycle
    reached = Milestone(*stamp(event), event.occurred_at, 1)
    known = lifecycle.get(name)
    if known is not None:
        newest = max(known.stamp, reached.stamp)
        reached = Milestone(*newest, min(known.first, reached.first), known.times + 1)
    put_first(lifecycle, name, reached, MOST_MILESTONES)


def _on_meeting(facts: Facts, event: Event) -> None:
    """All attributes are told at once."""
    body: crm.MeetingUpdated = event.body
    put_piece(facts, ("meetings", body.meeting_id), _NO_MEETING, event, _meeting(body, _MEETING))


def _on_meeting_change(facts: Facts, event: Event) -> None:
    """What cannot be nothing is not changed by null."""
    body: crm.MeetingChanged = event.body
    named = {name for name in body.model_fields_set & _MEETING.keys() if getattr(body, name) is not None}
    named |= body.model_fields_set & {"ends_at"}
    put_piece(facts, ("meetings", body.meeting_id), _NO_MEETING, event, _meeting(body, named))


def _meeting(body: crm.MeetingUpdated | crm.MeetingChanged, named: Collection[str]) -> dict[str, Any]:
    """The attributes under these names, as `Meeting` has them."""
    told: dict[str, Any] = {}
    for name in named:
        value = getattr(body, name)
        if name.endswith("_at"):
            value = us(value)
        elif name.endswith("_ids"):
            value = tuple(sorted(set(value))[:MOST_GUESTS])
        told[_MEETING[name]] = value
    return told


def _on_outreach(facts: Facts, event: Event) -> None:
    body: crm.OutreachSent = event.body
    put(facts.outreach, body.outreach_id, Outreach(*stamp(event), body.channel, body.person_id))


def _on_reply(facts: Facts, event: Event) -> None:
    body: crm.ReplyReceived = event.body
    put(facts.replies, body.reply_id, Reply(*stamp(event), body.outreach_id, body.person_id))


def _on_feedback(facts: Facts, event: Event) -> None:
    body: crm.FeedbackGiven = event.body
    put(facts.feedback, body.feedback_id, Feedback(*stamp(event), body.kind, body.sentiment))


def _on_sponsor(facts: Facts, event: Event) -> None:
    body: crm.SponsorUpdated = event.body
    facts.sponsor = newer(facts.sponsor, Sponsor(*stamp(event), body.identified, body.engaged, body.person_id))


def _on_note(facts: Facts, event: Event) -> None:
    record = facts.own_record()
    record.note = newer(record.note, Mark(*stamp(event)))


def _on_mention(facts: Facts, event: Event) -> None:
    put(facts.own_record().mentions, event.body.mention_id, Mention(*stamp(event), event.body.competitor))


def _on_community(facts: Facts, event: Event) -> None:
    count(facts, event, f"community.{event.body.kind}", 1)


RULES: dict[str, Rule] = {
    "account.updated": _on_account,
    "account.deleted": _on_deletion,
    "account.refresh_needed": _on_loss,
    "account.refreshed": _on_refresh,
    "person.updated": _on_person,
    "person.left": _on_departure,
    "milestone.reached": _on_milestone,
    "meeting.updated": _on_meeting,
    "meeting.changed": _on_meeting_change,
    "outreach.sent": _on_outreach,
    "reply.received": _on_reply,
    "sponsor.updated": _on_sponsor,
    "feedback.given": _on_feedback,
    "note.added": _on_note,
    "competitor.mentioned": _on_mention,
    "community.recorded": _on_community,
    **plans.RULES,
}
