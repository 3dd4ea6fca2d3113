"""What we read of Intercom's conversations, tickets and contacts, in our words. Pure. Times are seconds or text."""

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from typing import Any

from services.ingest.sources.drafts import Key, account_key, instant, instant_of, line, prose, spelled
from shared.errors import Reason, Rejection

NAME = "intercom"

STATES = {"open": "open", "snoozed": "pending", "closed": "solved"}
TICKET_STATES = {
    "submitted": "new", "in_progress": "open", "waiting_on_customer": "pending", "on_hold": "on_hold",
    "resolved": "solved",
}  # fmt: skip
ESCALATED = frozenset({"escalated", "escalation"})
"""Tags that say so."""

_TAG = re.compile(r"<[^<>]{0,300}>")
_MOST_PARTS = 1_000_000_000

_CONTACTS = ("user", "lead", "contact")  # no set: what was sent may be a list, which has no hash


def mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def conversation_fields(
    item: Mapping[str, Any], topic: str, at: int, zone: dt.tzinfo | None
) -> tuple[dict[str, Any], bool, int]:
    """(fields, whether they are all that there is to say, how many parts the conversation has)."""
    statistics = mapping(item.get("statistics"))
    status = _status(item)
    fields: dict[str, Any] = {
        "ticket_id": _id(item),
        "status": status,
        "priority": "high" if item.get("priority") == "priority" else "normal",
        "escalated": _is_escalated(item),
        **_named(subject=_subject(item), requester_id=person_of(item)),
        **_named(opened_at=instant(instant_of(item.get("created_at"), zone))),
    }
    fields |= _closing(item, status, topic, at, zone)
    answered = instant_of(statistics.get("first_admin_reply_at"), zone)
    stars = _stars(mapping(item.get("conversation_rating")).get("rating"))
    reopened = _count(statistics.get("count_reopens"))
    fields |= _named(first_response_at=instant(answered), satisfaction=stars)
    whole = reopened is not None and {"opened_at", "resolved_at"} <= fields.keys()
    if whole:
        fields["reopened"] = reopened
    return fields, whole, _count(statistics.get("count_conversation_parts")) or 0


def _closing(
    item: Mapping[str, Any], status: str, topic: str, at: int, zone: dt.tzinfo | None
) -> dict[str, str | None]:
    """When it was resolved: not, if it is open; nothing, if it was closed at a time that nobody says."""
    if status != "solved":
        return {"resolved_at": None}
    closed = instant_of(mapping(item.get("statistics")).get("last_close_at"), zone)
    if closed is None and not topic.endswith(".closed"):
        return {}
    opened = instant_of(item.get("created_at"), zone) or 0
    return {"resolved_at": instant(max(closed or at, opened))}


def ticket_fields(ticket: Mapping[str, Any], topic: str, at: int, zone: dt.tzinfo | None) -> dict[str, Any]:
    """What is said of one of Intercom's own tickets."""
    state = ticket.get("ticket_state")
    word = mapping(state).get("category") or mapping(state).get("state") or state
    status = TICKET_STATES.get(str(word).lower())
    if status is None and (topic == "ticket.closed" or ticket.get("open") is False):
        status = "closed"
    title = mapping(ticket.get("ticket_attributes")).get("_default_title_")
    fields = {"ticket_id": f"ticket-{_id(ticket)}"[:200], "escalated": _is_escalated(ticket)}
    fields |= _named(status=status, subject=line(title), requester_id=person_of(ticket))
    fields |= _named(opened_at=instant(instant_of(ticket.get("created_at"), zone)))
    if topic in {"ticket.state.updated", "ticket.resolved"} and status is not None:
        fields["resolved_at"] = instant(at) if status == "solved" else None
    return fields


def rating_of(item: Mapping[str, Any], zone: dt.tzinfo | None) -> tuple[int | None, dict[str, Any]] | None:
    """(when, the answer to a survey of 1 to 5) of a rated conversation; None where there is no rating yet."""
    rating = mapping(item.get("conversation_rating"))
    stars = _stars(rating.get("rating"))
    if stars is None:
        return None
    who = spelled(mapping(rating.get("contact")).get("id")) or person_of(item)
    fields = {
        "survey_id": f"conversation-{_id(item)}"[:200],
        "survey_type": "csat",
        "score": stars,
        "scale_min": 1,
        "scale_max": 5,
        "comment": prose(rating.get("remark")),
        "respondent": _named(external_id=who, email=_email(item)),
    }
    return instant_of(rating.get("created_at"), zone), fields


def key_of(item: Mapping[str, Any]) -> Key:
    """The company, or else the person. Raises Rejection MISSING_ACCOUNT without either."""
    companies = companies_of(item)
    return account_key(NAME, companies[0] if companies else None, person_of(item) or _email(item))


def companies_of(item: Mapping[str, Any]) -> Sequence[str]:
    """Intercom's ids of the companies that an item names: its own, the one that it is about, those of a contact."""
    if item.get("type") == "company":
        found = [item.get("id")]
    else:
        listed = mapping(item.get("companies"))
        inside = listed.get("data") or listed.get("companies")
        several = [mapping(one).get("id") for one in inside] if isinstance(inside, list) else []
        found = [mapping(item.get("company")).get("id") or item.get("company_id"), *several]
    return list(dict.fromkeys(own for own in map(spelled, found) if own is not None))


def person_of(item: Mapping[str, Any]) -> str | None:
    """Intercom's id of the contact that an item is about: the first of several."""
    listed = mapping(item.get("contacts"))
    inside = listed.get("contacts") or listed.get("data")
    first = mapping(inside[0]) if isinstance(inside, list) and inside else {}
    author = mapping(mapping(item.get("source")).get("author"))
    by = author if author.get("type") in _CONTACTS else {}
    return next((own for one in (first, mapping(item.get("user")), by) if (own := spelled(one.get("id")))), None)


def _email(item: Mapping[str, Any]) -> str | None:
    author = mapping(mapping(item.get("source")).get("author"))
    return line(author.get("email")) if author.get("type") in _CONTACTS else None


def _id(item: Mapping[str, Any]) -> str:
    own = spelled(item.get("id"))
    if own is None:
        raise Rejection(Reason.INVALID_PAYLOAD, "the conversation has no id")
    return own


def _status(item: Mapping[str, Any]) -> str:
    status = STATES.get(str(item.get("state")))
    if status is not None:
        return status
    if isinstance(item.get("open"), bool):
        return "open" if item["open"] else "solved"
    raise Rejection(Reason.INVALID_PAYLOAD, "the conversation has no `state`")


def _subject(item: Mapping[str, Any]) -> str | None:
    """The title, or else the first lines of what was asked, without their markup."""
    source = mapping(item.get("source"))
    words = next((w for w in (item.get("title"), source.get("subject"), source.get("body")) if line(w)), None)
    return line(_TAG.sub(" ", words[:2_000])) if isinstance(words, str) else None


def _is_escalated(item: Mapping[str, Any]) -> bool:
    tags = mapping(item.get("tags")).get("tags")
    names = [mapping(tag).get("name") for tag in tags] if isinstance(tags, list) else []
    return any(isinstance(name, str) and name.lower() in ESCALATED for name in names)


def _stars(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= 5 else None


def _count(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < _MOST_PARTS else None


def _named(**fields: Any) -> dict[str, Any]:
    """Those fields that say something."""
    return {name: value for name, value in fields.items() if value is not None}
