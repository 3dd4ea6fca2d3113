"""What crm.events do to the facts."""

from shared.clock import to_us
from shared.contracts import crm
from shared.facts import Departure, Event, Facts, Feedback, Field, Meeting, Outreach, Person, Reply, Sponsor
from shared.fold.stamped import Rule, put, stamp


def _on_account(facts: Facts, event: Event) -> None:
    body: crm.AccountUpdated = event.body
    for name in body.model_fields_set - {"external_ids"}:
        value = getattr(body, name)
        known = facts.fields.get(name)
        if known is None or known.stamp < stamp(event):
            plain = value if value is None or isinstance(value, int) else str(value)
            facts.fields[name] = Field(*stamp(event), plain)


def _on_person(facts: Facts, event: Event) -> None:
    put(facts.people, event.body.person_id, Person(*stamp(event), event.body.role))


def _on_departure(facts: Facts, event: Event) -> None:
    put(facts.departures, event.body.person_id, Departure(*stamp(event)))


def _on_meeting(facts: Facts, event: Event) -> None:
    body: crm.MeetingUpdated = event.body
    put(facts.meetings, body.meeting_id, Meeting(*stamp(event), body.kind, body.status, to_us(body.starts_at)))


def _on_outreach(facts: Facts, event: Event) -> None:
    put(facts.outreach, event.body.outreach_id, Outreach(*stamp(event), event.body.channel))


def _on_reply(facts: Facts, event: Event) -> None:
    put(facts.replies, event.body.reply_id, Reply(*stamp(event), event.body.outreach_id))


def _on_feedback(facts: Facts, event: Event) -> None:
    body: crm.FeedbackGiven = event.body
    put(facts.feedback, body.feedback_id, Feedback(*stamp(event), body.kind, body.sentiment))


def _on_sponsor(facts: Facts, event: Event) -> None:
    body: crm.SponsorUpdated = event.body
    item = Sponsor(*stamp(event), body.identified, body.engaged, body.person_id)
    if facts.sponsor is None or facts.sponsor.stamp < item.stamp:
        facts.sponsor = item


def _only_counts(facts: Facts, event: Event) -> None:
    """Kept as an event, with no fact of its own yet."""


RULES: dict[str, Rule] = {
    **dict.fromkeys(crm.PAYLOADS, _only_counts),
    "account.updated": _on_account,
    "person.updated": _on_person,
    "person.left": _on_departure,
    "meeting.updated": _on_meeting,
    "outreach.sent": _on_outreach,
    "reply.received": _on_reply,
    "sponsor.updated": _on_sponsor,
    "feedback.given": _on_feedback,
}
