"""Intercom: notifications of conversations, tickets, contacts and companies. FORMATS 5.6.

A conversation is a ticket. Where its statistics come along it is told whole, else by what the notification says.
Notifications have whole seconds; of one second the conversation with more parts is the later one.
"""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from services.ingest.sources import doors
from services.ingest.sources.drafts import Draft, company_drafts, events, instant_of, is_id, line, read, spelled
from services.ingest.sources.intercom_items import (
    NAME,
    companies_of,
    conversation_fields,
    key_of,
    mapping,
    person_of,
    rating_of,
    ticket_fields,
)
from services.ingest.sources.source import Door, Options, Posted, Source, Wrapped
from services.ingest.sources.tokens import wrapped
from shared.broker import Record
from shared.contracts import Topic
from shared.errors import Malformed, Reason, Rejection
from shared.facts import Event

SECRET = "intercom_client_secret"  # noqa: S105  # the name of the setting

_OWN_MAKE = "-qualification-company"
"""How the ids end that Intercom gives to companies which nobody has named."""

_MOST_COMPANIES = 10


class Notification(msgspec.Struct, frozen=True):
    """The envelope. Repeated deliveries have the same id."""

    topic: str = ""
    id: Any = None
    created_at: Any = None
    data: Any = None

    @property
    def item(self) -> Mapping[str, Any]:
        return mapping(mapping(self.data).get("item"))


def translate(record: Record, options: Options) -> Sequence[Event]:
    """The native events of a notification; none for topics of no use. Raises Rejection."""
    told = read(record.value, Notification)
    rule = _RULES.get(told.topic)
    if rule is None:
        return ()
    own_id, at = spelled(told.id), instant_of(told.created_at, options.zone)
    if own_id is None:
        raise Rejection(Reason.INVALID_PAYLOAD, "the notification has no id")
    if at is None:
        raise Rejection(Reason.MISSING_TIME, "the notification has no `created_at`")
    return events(NAME, own_id, rule(told, at, options))


# --- conversations and tickets ------------------------------------------------------------------------


def _on_conversation(told: Notification, at: int, options: Options) -> Sequence[Draft]:
    fields, whole, parts = conversation_fields(told.item, told.topic, at, options.zone)
    return [Draft("ticket.updated" if whole else "ticket.changed", key_of(told.item), at, parts, fields)]


def _on_rating(told: Notification, at: int, options: Options) -> Sequence[Draft]:
    answer = rating_of(told.item, options.zone)
    if answer is None:
        return _on_conversation(told, at, options)
    rated_at, fields = answer
    survey = Draft("survey.response", key_of(told.item), rated_at or at, 0, fields)
    return [survey, *_on_conversation(told, at, options)]


def _on_ticket(told: Notification, at: int, options: Options) -> Sequence[Draft]:
    """`ticket.closed` holds its ticket one step further in."""
    ticket = mapping(told.item.get("ticket")) or told.item
    return [Draft("ticket.changed", key_of(ticket), at, 0, ticket_fields(ticket, told.topic, at, options.zone))]


def _on_outreach(told: Notification, at: int, _: Options) -> Sequence[Draft]:
    """One of us has written first."""
    who = person_of(told.item)
    fields = {"outreach_id": _own(told.item), "channel": "in_app", **({"person_id": who} if who else {})}
    return [Draft("outreach.sent", key_of(told.item), at, 0, fields)]


# --- people and companies -----------------------------------------------------------------------------


def _on_contact(told: Notification, at: int, _: Options) -> Sequence[Draft]:
    contact = mapping(told.item.get("contact")) or told.item
    known = {"name": line(contact.get("name")), "email": line(contact.get("email"))}
    fields: dict[str, Any] = {"person_id": _own(contact), **{name: text for name, text in known.items() if text}}
    if isinstance(contact.get("has_hard_bounced"), bool):
        fields["email_bounced"] = contact["has_hard_bounced"]
    return _everywhere("person.updated", told.item, contact, at, fields)


def _on_departure(told: Notification, at: int, _: Options) -> Sequence[Draft]:
    contact = mapping(told.item.get("contact")) or told.item
    return _everywhere("person.left", told.item, contact, at, {"person_id": _own(contact), "reason": "removed"})


def _on_merge(told: Notification, at: int, _: Options) -> Sequence[Draft]:
    """The contact that is left goes by the other's id, too."""
    other = spelled(mapping(told.item.get("merged_from")).get("id"))
    if other is None:
        raise Rejection(Reason.INVALID_PAYLOAD, "the merged contact has no `merged_from`")
    fields = {"person_id": _own(told.item), "source": NAME, "external_id": other}
    return _everywhere("person.linked", told.item, told.item, at, fields)


def _everywhere(
    kind: str, item: Mapping[str, Any], contact: Mapping[str, Any], at: int, fields: Mapping[str, Any]
) -> list[Draft]:
    """The same at each company of a contact; under the person's own key where they have none."""
    companies = companies_of(item) or companies_of(contact)
    keys = [(NAME, company) for company in companies[:_MOST_COMPANIES]] or [(f"{NAME}:person", _own(contact))]
    return [Draft(kind, key, at, 0, fields) for key in keys]


def _on_company(told: Notification, at: int, options: Options) -> Sequence[Draft]:
    """Its `company_id` is our own id of the account."""
    ours = spelled(told.item.get("company_id"))
    if ours is not None and ours.endswith(_OWN_MAKE):
        ours = None
    plan = mapping(told.item.get("plan"))
    known = {"name": line(told.item.get("name")), "industry": line(told.item.get("industry"))}
    known |= {"website": line(told.item.get("website")), "plan": line(plan.get("name"))}
    fields = {name: text for name, text in known.items() if text}
    return company_drafts(NAME, _own(told.item), ours, at, fields, creates=options.creates_accounts)


def _own(item: Mapping[str, Any]) -> str:
    own = spelled(item.get("id"))
    if own is None:
        raise Rejection(Reason.INVALID_PAYLOAD, f"the {line(item.get('type')) or 'item'} has no id")
    return own


_RULES: Mapping[str, Callable[[Notification, int, Options], Sequence[Draft]]] = {
    **dict.fromkeys((
        "conversation.user.created", "conversation.user.replied", "conversation.admin.replied",
        "conversation.admin.closed", "conversation.admin.opened", "conversation.admin.snoozed",
        "conversation.admin.unsnoozed", "conversation.admin.assigned", "conversation.admin.open.assigned",
        "conversation.operator.replied", "conversation.priority.updated",
    ), _on_conversation),
    **dict.fromkeys(("conversation.rating.added", "conversation.rating.remarked"), _on_rating),
    "conversation.admin.single.created": _on_outreach,
    **dict.fromkeys((
        "ticket.created", "ticket.state.updated", "ticket.closed", "ticket.resolved", "ticket.admin.replied",
        "ticket.contact.replied", "ticket.attribute.updated",
    ), _on_ticket),
    **dict.fromkeys((
        "contact.created", "contact.user.created", "contact.user.updated", "contact.email.updated",
        "contact.signed_up", "contact.lead.signed_up", "company.contact.attached", "user.created",
        "user.email.updated",
    ), _on_contact),
    **dict.fromkeys(("contact.deleted", "contact.archived", "company.contact.detached", "user.deleted"), _on_departure),
    "contact.merged": _on_merge,
    **dict.fromkeys(("company.created", "company.updated"), _on_company),
}  # fmt: skip
"""What becomes of a notification, by its topic; the others are of no use to us."""


# --- the door -----------------------------------------------------------------------------------------


def verify(posted: Posted, secret: str, now: dt.datetime) -> None:
    """`X-Hub-Signature: sha1=` and the HMAC-SHA1 of the body. It says no time, so age is not checked."""
    expected = f"sha1={doors.digest(secret, posted.body, 'sha1').hex()}"
    doors.check_same(expected, posted.headers.get("x-hub-signature", ""), "X-Hub-Signature", SECRET)


def unwrap(posted: Posted) -> Sequence[Wrapped]:
    """The one notification of a body, keyed by its company where it names one. Raises Malformed."""
    body = doors.body_of(posted.body)
    if isinstance(body, dict) and body.get("topic") == "ping":
        return [wrapped(posted.body)]  # Intercom's own test of an address: its id is null
    if not isinstance(body, dict) or not is_id(body.get("id")):
        raise Malformed("The signed body is not a notification of Intercom: it has no id.")
    companies = companies_of(mapping(mapping(body.get("data")).get("item")))
    return [Wrapped(body["id"], companies[0] if companies else None, posted.body)]


SOURCE = Source(
    NAME, "intercom.event", Topic.SUPPORT, translate, Door(SECRET, verify, unwrap), may_create_accounts=True
)
