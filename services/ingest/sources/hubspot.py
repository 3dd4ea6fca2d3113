"""HubSpot: notifications of its webhooks, one item a record, become native events. FORMATS 5.5, docs/sources.md.

HubSpot delivers at least once, in any order, and tells one property at a time. Deals, tickets, contacts, meetings,
calls and e-mails do not name their company: their events carry keys of their own, which an association links to it.
"""

from collections.abc import Mapping, Sequence

from services.ingest.sources import drafts
from services.ingest.sources.crm_values import Fields, Reader, tell
from services.ingest.sources.drafts import Draft, Key
from services.ingest.sources.hubspot_door import DOOR
from services.ingest.sources.hubspot_objects import Association, Item, Kind
from services.ingest.sources.hubspot_properties import COMPANY, CONTACT, DEAL, DIRECTIONS, MEETING, TICKET, is_ours
from services.ingest.sources.source import Options, Source
from shared.broker import Record
from shared.contracts import Topic
from shared.errors import Reason, Rejection
from shared.facts import Event

NAME = "hubspot"

_NAMESPACES: Mapping[Kind, str] = {
    "company": NAME, "contact": f"{NAME}:person", "deal": f"{NAME}:deal", "ticket": f"{NAME}:ticket",
    "meeting": f"{NAME}:meeting", "call": f"{NAME}:call", "email": f"{NAME}:email",
}  # fmt: skip
_TYPES: Mapping[Kind, tuple[str, str]] = {
    "contact": ("person.updated", "person_id"),
    "deal": ("opportunity.updated", "opportunity_id"),
    "ticket": ("ticket.changed", "ticket_id"),
    "meeting": ("meeting.changed", "meeting_id"),
}
_PROPERTIES: Mapping[Kind, Mapping[str, Reader]] = {
    "company": COMPANY, "contact": CONTACT, "deal": DEAL, "ticket": TICKET, "meeting": MEETING,
}  # fmt: skip
_GONE: Mapping[Kind, Fields] = {
    "deal": {"status": "lost"}, "ticket": {"status": "closed"}, "meeting": {"status": "cancelled"},
}  # fmt: skip
_ORDER = {"creation": 0, "restore": 1, "propertyChange": 2, "associationChange": 3, "merge": 4, "deletion": 5,
          "privacyDeletion": 6}  # fmt: skip
"""What of one millisecond came first: a thing is made before it changes, and changes before it goes."""


def translate(record: Record, options: Options) -> Sequence[Event]:
    """The native events of a notification; none for objects, properties and types that we have no use for.
    Raises Rejection."""
    item = drafts.read(record.value, Item)
    if item.happened not in _ORDER:
        return ()
    told = _told(item, options)
    if told and item.occurred_at is None:
        raise Rejection(Reason.MISSING_TIME, "the notification has no occurredAt in milliseconds")
    at = (item.occurred_at or 0) * 1_000
    return drafts.events(NAME, item.key(), (Draft(*one[:2], at, _ORDER[item.happened], one[2]) for one in told))


Told = tuple[str, Key, Fields]
"""(type, account, fields) of an event to be."""


def _told(item: Item, options: Options) -> Sequence[Told]:
    if item.happened == "associationChange":
        association = item.association()
        return _on_association(association) if association is not None else ()
    kind = item.kind()
    if kind is None:
        return ()
    if item.happened == "merge" and kind not in DIRECTIONS:
        return _on_merge(kind, item)
    return _on_object(kind, _object(item), item, options)


def _on_object(kind: Kind, id_: str, item: Item, options: Options) -> Sequence[Told]:
    if kind in DIRECTIONS:
        return _on_contacting(kind, id_, item)
    if item.happened == "propertyChange":
        return _on_property(kind, id_, item, options)
    if item.happened == "deletion":
        return [_deleted(kind, id_, "deleted")]
    if item.happened == "privacyDeletion":
        return [("person.erased", (_NAMESPACES[kind], id_), {"person_id": id_})] if kind == "contact" else ()
    return [_born(kind, id_, item)]


def _object(item: Item) -> str:
    """Raises Rejection."""
    told = drafts.spelled(item.object_id)
    if told is None:
        raise Rejection(Reason.MISSING_ACCOUNT, "the notification has no objectId")
    return told


def _changed(kind: Kind, id_: str, fields: Fields) -> Told:
    """The event that an object has changed so."""
    if kind == "company":
        return "account.updated", (NAME, id_), fields
    type_, own = _TYPES[kind]
    return type_, (_NAMESPACES[kind], id_), {own: id_, **fields}


def _born(kind: Kind, id_: str, item: Item) -> Told:
    if item.happened == "creation" and kind == "ticket" and item.occurred_at is not None:
        return _changed(kind, id_, {"status": "new", "opened_at": drafts.instant(item.occurred_at * 1_000)})
    return _changed(kind, id_, {"status": "open"} if kind in ("deal", "ticket") else {})


def _deleted(kind: Kind, id_: str, how: str) -> Told:
    """A deal that is gone is not won any more; a ticket is not open, and a meeting will not be."""
    if kind == "company":
        return "account.deleted", (NAME, id_), {}
    if kind == "contact":
        return "person.left", (_NAMESPACES[kind], id_), {"person_id": id_, "reason": "removed"}
    return _changed(kind, id_, _GONE[kind] | ({"stage": how} if kind == "deal" else {}))


def _on_property(kind: Kind, id_: str, item: Item, options: Options) -> Sequence[Told]:
    name = item.property_name or ""
    if (kind, name) == ("contact", "associatedcompanyid"):
        return _on_primary_company(id_, item)
    if (kind, name) == ("contact", "hs_sales_email_last_replied"):
        return _on_reply(id_, item)
    fields = tell(_PROPERTIES[kind], [(name, item.property_value)], options)
    return [_changed(kind, id_, fields)] if fields else ()


def _on_contacting(kind: Kind, id_: str, item: Item) -> Sequence[Told]:
    """A call or an e-mail, once it is said which way it went: ours is outreach, theirs a reply."""
    told = item.property_value if item.happened == "propertyChange" and item.property_name == DIRECTIONS[kind] else None
    ours = is_ours(told if isinstance(told, str) else None)
    if ours is None:
        return ()
    key = (_NAMESPACES[kind], id_)
    if ours:
        return [("outreach.sent", key, {"outreach_id": f"{kind}-{id_}", "channel": kind})]
    return [("reply.received", key, {"reply_id": f"{kind}-{id_}"})]


def _on_primary_company(contact: str, item: Item) -> Sequence[Told]:
    company = drafts.spelled(item.property_value)
    return _on_association(Association(company, "contact", contact, False, True)) if company is not None else ()


def _on_reply(contact: str, item: Item) -> Sequence[Told]:
    if not item.property_value:
        return ()
    reply = {"reply_id": f"{contact}:{item.occurred_at}", "person_id": contact}
    return [("reply.received", (_NAMESPACES["contact"], contact), reply)]


def _on_merge(kind: Kind, item: Item) -> Sequence[Told]:
    """The survivor takes over what is known of the others."""
    survivor = item.survivor()
    if survivor is None:
        raise Rejection(Reason.INVALID_PAYLOAD, "the merge has neither newObjectId nor primaryObjectId")
    if kind == "company":
        merges = [("account.merged", (NAME, survivor), {"from_id": id_, "from_source": NAME}) for id_ in item.gone()]
        return [_changed("company", survivor, {}), *merges]
    if kind == "contact":
        return [one for id_ in item.gone() for one in _same_person(survivor, id_)]
    return [_deleted(kind, id_, "merged") for id_ in item.gone()]


def _same_person(survivor: str, other: str) -> Sequence[Told]:
    key = (_NAMESPACES["contact"], survivor)
    return [
        ("person.linked", key, {"person_id": survivor, "source": NAME, "external_id": other}),
        ("identity.linked", key, {"source": key[0], "external_id": other, "reason": "merged in HubSpot"}),
    ]


def _on_association(one: Association) -> Sequence[Told]:
    """Links the object's key to the company, or says that it is not the company's. A contact is at their primary
    company; further ones have that person, and do not take over what is told of them. Of two companies the child is
    told its parent."""
    if one.removed is None:
        return ()
    key = (NAME, one.company)
    if one.kind == "company":
        return [("account.updated", key, {"parent_id": None if one.removed else one.id})]
    link = {"source": _NAMESPACES[one.kind], "external_id": one.id, "reason": "associated in HubSpot"}
    if one.removed:
        gone = [("person.left", key, {"person_id": one.id, "reason": "removed"})] if one.kind == "contact" else []
        return [*gone, ("identity.unlinked", key, link)]
    if one.kind != "contact":
        return [("identity.linked", key, link)]
    here: Told = ("person.updated", key, {"person_id": one.id})
    if one.primary is True:
        return [("person.moved", key, {"person_id": one.id}), here]
    return [here] if one.primary is False else [("identity.linked", key, link), here]


SOURCE = Source(NAME, f"{NAME}.event", Topic.CRM, translate, DOOR)
