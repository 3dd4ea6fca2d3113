"""A ticket of Zendesk, however it was told, in our words. Pure."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from services.ingest.sources.drafts import MOST_ID, Draft, Key, account_key, instant, line, prose, spelled, time_or_none
from services.ingest.sources.source import Options
from shared.errors import Reason, Rejection
from shared.native import printable

NAME = "zendesk"

STATUSES = {
    "new": "new", "open": "open", "pending": "pending", "hold": "on_hold", "on-hold": "on_hold", "on hold": "on_hold",
    "on_hold": "on_hold", "solved": "solved", "closed": "closed",
}  # fmt: skip
OVER = frozenset({"solved", "closed"})
PRIORITIES = frozenset({"low", "normal", "high", "urgent"})
ESCALATED = frozenset({"escalated", "escalation"})
"""Tags that say so. A ticket of priority urgent is escalated, too."""

_RATINGS = {"good": 5, "bad": 1}
_RATED = ("satisfaction_rating", "satisfaction_score")


class Ticket(NamedTuple):
    """What both kinds of body say. `opened` in µs."""

    id: str
    status: str
    priority: str | None
    subject: str | None
    tags: frozenset[str]
    category: str | None
    organization: str | None
    requester: str | None
    email: str | None
    opened: int | None


def ticket_of(told: Mapping[str, Any], options: Options) -> Ticket:
    """The ticket by the names that an event's `detail` has. Raises Rejection without an id or a known status."""
    own = spelled(told.get("id"))
    if own is None:
        raise Rejection(Reason.INVALID_PAYLOAD, "the ticket has no id")
    organization = spelled(told.get("organization_id"))
    return Ticket(
        own,
        _status(told.get("status"), options),
        _word(told.get("priority"), "priority", options),
        line(told.get("subject")),
        _tags(told.get("tags")),
        line(told.get("type") and str(told["type"]).lower()),
        None if organization == "0" else organization,
        spelled(told.get("requester_id")),
        line(told.get("requester_email")),
        time_or_none(told.get("created_at"), options.zone),
    )


def key_of(ticket: Ticket) -> Key:
    """The organization, or else the person who asked. Raises Rejection MISSING_ACCOUNT without either."""
    return account_key(NAME, ticket.organization, ticket.requester or ticket.email)


def state_of(ticket: Ticket, at: int, sequence: int, **more: Any) -> Draft:
    """What is known of the ticket now, and nothing else: an older word stays where this one is silent."""
    known = {
        "priority": ticket.priority if ticket.priority in PRIORITIES else None,
        "subject": ticket.subject,
        "category": ticket.category,
        "requester_id": ticket.requester,
        "opened_at": instant(ticket.opened),
    }
    fields = {"ticket_id": ticket.id, "status": ticket.status, "escalated": _is_escalated(ticket)}
    fields |= {name: value for name, value in known.items() if value is not None}
    return Draft("ticket.changed", key_of(ticket), at, sequence, fields | more)


def _is_escalated(ticket: Ticket) -> bool:
    return ticket.priority == "urgent" or bool(ticket.tags & ESCALATED)


def rating_drafts(ticket: Ticket, at: int, sequence: int, score: Any, comment: Any) -> list[Draft]:
    """A rating, as the answer to a survey and on its ticket; nothing where it was only asked for."""
    stars = rating(score)
    if stars is None:
        return []
    who = {"email": ticket.email, "external_id": ticket.requester}
    answer = {
        "survey_id": f"ticket-{ticket.id}"[:MOST_ID],
        "survey_type": "csat",
        "score": stars,
        "scale_min": 1,
        "scale_max": 5,
        "comment": prose(comment),
        "respondent": {name: value for name, value in who.items() if value},
    }
    rated = {"ticket_id": ticket.id, "satisfaction": stars}
    key = key_of(ticket)
    return [Draft("survey.response", key, at, sequence, answer), Draft("ticket.changed", key, at, sequence, rated)]


def rating_in(event: Any, detail: Mapping[str, Any]) -> tuple[Any, Any]:
    """(score, comment) of the rating that an event tells, wherever it stands: under its own name in the event or in the
    ticket, or as what is current. Raises Rejection where there is none at all."""
    said = event if isinstance(event, dict) else {}
    places = [said.get(name) for name in _RATED] + [said.get("current")] + [detail.get(name) for name in _RATED]
    found = next((one for one in places if one not in (None, "", {})), None)
    if isinstance(found, dict) and "score" in found:
        comment = found.get("comment", said.get("comment"))
        return found["score"], comment.get("body") if isinstance(comment, dict) else comment
    if found is None or isinstance(found, dict | list):
        raise Rejection(Reason.INVALID_PAYLOAD, "the rating has no `satisfaction_rating.score`")
    comment = said.get("comment")
    return found, comment.get("body") if isinstance(comment, dict) else comment


def rating(score: Any) -> int | None:
    """1 to 5 stars: good is 5 and bad is 1, in whichever words; None where nothing was rated."""
    if isinstance(score, int) and not isinstance(score, bool):
        return score if 1 <= score <= 5 else None
    text = str(score or "").strip().lower()
    if text in {"1", "2", "3", "4", "5"}:
        return int(text)
    return next((stars for word, stars in _RATINGS.items() if text.startswith(word)), None)


def _status(value: Any, options: Options) -> str:
    word = _word(value, "status", options)
    if word not in STATUSES:
        raise Rejection(Reason.INVALID_PAYLOAD, f"{printable(repr(word))[:60]} is no status of a ticket that we know")
    return STATUSES[word]


def _word(value: Any, field: str, options: Options) -> str | None:
    """A word of Zendesk's in lower case, or what the template says that it means."""
    if not isinstance(value, str) or not value.strip():
        return None
    word = value.strip()
    return options.template.get(f"{field}={word}", word).lower()


def _tags(value: Any) -> frozenset[str]:
    """Tags as a list (events) or as words with blanks between them (triggers)."""
    tags = value.split() if isinstance(value, str) else value if isinstance(value, list) else ()
    return frozenset(tag.lower() for tag in tags if isinstance(tag, str))
