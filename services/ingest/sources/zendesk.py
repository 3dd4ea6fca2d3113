"""Zendesk: the events that a webhook subscribes to, and the older JSON that triggers send. FORMATS 5.3.

An event holds its ticket in `detail`: words in capitals, ids beyond 2^53, times in nanoseconds. What is never said
again (when it was solved, when it was taken up) is named by the event that brings it about, and by no other.
"""

import base64
import datetime as dt
import hashlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from services.ingest.sources import doors, zendesk_trigger
from services.ingest.sources.drafts import (
    Draft,
    Key,
    account_key,
    company_drafts,
    events,
    instant,
    is_id,
    line,
    read,
    spelled,
    time_of,
)
from services.ingest.sources.source import Door, Options, Posted, Source, Wrapped
from services.ingest.sources.zendesk_tickets import (
    NAME,
    OVER,
    Ticket,
    rating_drafts,
    rating_in,
    state_of,
    ticket_of,
)
from shared.broker import Record
from shared.contracts import Topic
from shared.errors import Malformed, Reason, Rejection
from shared.facts import Event

SECRET = "zendesk_webhook_secret"  # noqa: S105  # the name of the setting
SIGNATURE, SIGNED_AT = "x-zendesk-webhook-signature", "x-zendesk-webhook-signature-timestamp"

_EVENT = "zen:event-type:"
_STATES = frozenset({
    "created", "custom_status_changed", "priority_changed", "tags_changed", "subject_changed", "type_changed",
    "requester_changed", "comment_added", "undeleted", "agent_assignment_changed",
})  # fmt: skip
_GONE = frozenset({"merged", "soft_deleted", "permanently_deleted", "marked_as_spam"})
_PEOPLE = frozenset({"created", "name_changed", "identity_created", "identity_changed"})


class Told(msgspec.Struct, frozen=True):
    """The envelope of an event. A trigger's JSON is whatever its author wrote, so nothing is said of types yet."""

    type: Any = None
    id: Any = None
    time: Any = None
    detail: Any = None
    event: Any = None


def translate(record: Record, options: Options) -> Sequence[Event]:
    """The native events of an event or of a trigger's body; none for types of no use. Raises Rejection."""
    told = read(record.value, Told)
    if not isinstance(told.type, str) or not told.type.startswith(_EVENT):
        own_id = record.header("ce_id") or _digest(record.value)
        return events(NAME, own_id, zendesk_trigger.drafts(record, options))
    subject, _, happened = told.type.removeprefix(_EVENT).partition(".")
    drafts = _SUBJECTS.get(subject)
    if drafts is None:
        return ()
    if not isinstance(told.detail, dict):
        raise Rejection(Reason.INVALID_PAYLOAD, "the event has no `detail`")
    return events(NAME, spelled(told.id) or _digest(record.value), drafts(told, happened, options))


def _digest(body: bytes) -> str:
    """The id of a body that has none: the same body twice is one fact."""
    return hashlib.blake2b(body, digest_size=16).hexdigest()


# --- tickets ------------------------------------------------------------------------------------------


def _on_ticket(told: Told, happened: str, options: Options) -> Sequence[Draft]:
    rule = _RULES.get(happened)
    if rule is None:
        return ()
    at = time_of(told.time, options.zone)
    gone = {"status": "closed"} if happened in _GONE else {}
    return rule(told, at, ticket_of({**told.detail, **gone}, options))


def _on_state(told: Told, at: int, ticket: Ticket) -> list[Draft]:
    return [state_of(ticket, at, _place(told))]


def _on_status(told: Told, at: int, ticket: Ticket) -> list[Draft]:
    """Solved counts from here; closing what was solved days ago is Zendesk's own tidying; else it is open again. A
    ticket leaves `new` once: when one of us first takes it up."""
    before = str(_mapping(told.event).get("previous") or "").lower()
    was_over, is_over = before in OVER, ticket.status in OVER
    more: dict[str, Any] = {} if was_over == is_over else {"resolved_at": instant(at) if is_over else None}
    ours = spelled(told.detail.get("actor_id")) not in (None, ticket.requester)
    if was_over and not is_over:
        more["reopens"] = True
    if before == "new" and ours:
        more["first_response_at"] = instant(at)
    return [state_of(ticket, at, _place(told), **more)]


def _on_rating(told: Told, at: int, ticket: Ticket) -> list[Draft]:
    score, words = rating_in(told.event, told.detail)
    return [*rating_drafts(ticket, at, _place(told), score, words), state_of(ticket, at, _place(told))]


def _on_move(told: Told, at: int, ticket: Ticket) -> list[Draft]:
    """A ticket that moves to another organization leaves none open behind."""
    left = spelled(_mapping(told.event).get("previous"))
    here = [state_of(ticket, at, _place(told))]
    if left in (None, "0", ticket.organization):
        return here
    return [*here, state_of(ticket._replace(organization=left, status="closed"), at, _place(told))]


_RULES: Mapping[str, Callable[[Told, int, Ticket], list[Draft]]] = {
    **dict.fromkeys(_STATES | _GONE, _on_state),
    "status_changed": _on_status,
    "csat_received": _on_rating,
    "organization_changed": _on_move,
}
"""What becomes of a ticket's event, by what happened; the others are of no use to us."""


def _place(told: Told) -> int:
    """Its place among the events of one action."""
    sequence = _mapping(_mapping(_mapping(told.event).get("meta")).get("sequence"))
    place = sequence.get("position")
    return place if isinstance(place, int) and 0 <= place < 1_000_000 else 0


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


# --- organizations and people -------------------------------------------------------------------------


def _on_organization(told: Told, happened: str, options: Options) -> Sequence[Draft]:
    """Its external id is our own id of the account."""
    if happened not in {"created", "external_id_changed", "name_changed"}:
        return []
    own = spelled(told.detail.get("id"))
    ours, name = spelled(told.detail.get("external_id")), line(told.detail.get("name"))
    at = time_of(told.time, options.zone)
    if own is None:
        raise Rejection(Reason.MISSING_ACCOUNT, "the organization has no id")
    return company_drafts(NAME, own, ours, at, {"name": name} if name else {}, creates=options.creates_accounts)


def _on_user(told: Told, happened: str, options: Options) -> Sequence[Draft]:
    """People who ask; our own agents are none."""
    who = told.detail
    if happened not in _PEOPLE | {"deleted"} or str(who.get("role", "end-user")).lower() != "end-user":
        return []
    at, person = time_of(told.time, options.zone), spelled(who.get("id"))
    key = _person_key(who, person)
    if happened == "deleted":
        return [Draft("person.left", key, at, 0, {"person_id": person, "reason": "removed"})]
    named = {"name": line(who.get("name")), "email": line(who.get("email"))}
    fields = {"person_id": person, **{name: value for name, value in named.items() if value}}
    return [Draft("person.updated", key, at, 0, fields)]


def _person_key(who: Mapping[str, Any], person: str | None) -> Key:
    organization = spelled(who.get("organization_id"))
    return account_key(NAME, None if organization == "0" else organization, person)


_SUBJECTS: Mapping[str, Callable[[Told, str, Options], Sequence[Draft]]] = {
    "ticket": _on_ticket,
    "organization": _on_organization,
    "user": _on_user,
}


# --- the door -----------------------------------------------------------------------------------------


def verify(posted: Posted, secret: str, now: dt.datetime) -> None:
    """base64(HMAC-SHA256(secret, timestamp + body)), nothing between the two; at most 300 s old. Raises Malformed."""
    stamp = posted.headers.get(SIGNED_AT, "")
    signed = doors.digest(secret, stamp.encode("latin-1", "replace") + posted.body)
    given = posted.headers.get(SIGNATURE, "")
    doors.check_same(base64.b64encode(signed).decode(), given, "X-Zendesk-Webhook-Signature", SECRET)
    try:
        signed_at = dt.datetime.fromisoformat(stamp)
        doors.check_age(signed_at, now, "X-Zendesk-Webhook-Signature", SECRET)
    except (ValueError, TypeError, OverflowError) as error:
        raise Malformed("The time of the signature is no RFC 3339 time.", doors.remedy(SECRET)) from error


def unwrap(posted: Posted) -> Sequence[Wrapped]:
    """The one event or trigger of a body, keyed by the organization where it names one. Raises Malformed."""
    body = doors.body_of(posted.body)
    if not isinstance(body, dict):
        raise Malformed("The signed body is not an event of Zendesk, nor a trigger's object.")
    own_id = body.get("id") if str(body.get("type", "")).startswith(_EVENT) else None
    delivery = posted.headers.get("x-zendesk-webhook-invocation-id")
    found = next((one for one in (own_id, delivery) if is_id(one)), None) or _digest(posted.body)
    ticket = next((t for t in (body.get("detail"), body.get("ticket"), body) if isinstance(t, dict)), body)
    return [Wrapped(found, spelled(ticket.get("organization_id")), posted.body)]


_OWN_IDS = frozenset({"id", "detail.id", "detail.actor_id", "detail.assignee_id", "detail.requester_id"})

SOURCE = Source(
    NAME, "zendesk.event", Topic.SUPPORT, translate, Door(SECRET, verify, unwrap), may_create_accounts=True,
    own_ids=_OWN_IDS,
)  # fmt: skip
