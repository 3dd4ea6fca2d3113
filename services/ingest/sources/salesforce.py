"""Salesforce: Change Data Capture, decoded, becomes native events. FORMATS 5.4, docs/sources.md.

A change names the fields that changed, of one record or of several alike. Null means unchanged unless `nulledFields`
names it. What Salesforce lost (GAP, OVERFLOW) marks the account and blanks nothing; what we wrote there is no news.
"""

import re
from collections.abc import Callable, Mapping, Sequence

from services.ingest.sources import drafts
from services.ingest.sources.crm_values import Fields, tell
from services.ingest.sources.drafts import Draft, Key
from services.ingest.sources.salesforce_changes import Change, Header, read_change
from services.ingest.sources.salesforce_door import DOOR
from services.ingest.sources.salesforce_fields import ACCOUNT, CASE, CONTACT, EVENT, OPPORTUNITY
from services.ingest.sources.source import Options, Source
from shared.broker import Record
from shared.contracts import Topic
from shared.errors import Reason, Rejection
from shared.facts import Event
from shared.native import parse_time

NAME = "salesforce"

_NAMESPACES = {
    "Account": NAME, "Contact": f"{NAME}:person", "Opportunity": f"{NAME}:opportunity", "Case": f"{NAME}:case",
    "Event": f"{NAME}:activity", "Task": f"{NAME}:activity", "EmailMessage": f"{NAME}:activity",
}  # fmt: skip
_PREFIXES = {"001": "Account", "003": "Contact", "006": "Opportunity", "500": "Case"}
"""What an id is of, by its first three letters."""
_TYPES = {
    "Contact": ("person.updated", "person_id"), "Opportunity": ("opportunity.updated", "opportunity_id"),
    "Case": ("ticket.changed", "ticket_id"), "Event": ("meeting.updated", "meeting_id"),
}  # fmt: skip
_CHANGES = frozenset({"CREATE", "UPDATE", "DELETE", "UNDELETE"})
_MEETINGS = (
    (re.compile(r"\bqbr\b|quarterly business review", re.IGNORECASE), "qbr"),
    (re.compile(r"\bebr\b|executive business review", re.IGNORECASE), "ebr"),
    (re.compile(r"kick-?\s?off", re.IGNORECASE), "kickoff"),
    (re.compile(r"training|onboarding", re.IGNORECASE), "training"),
)
_DRAFT = "5"
"""Status of an EmailMessage that nobody has sent."""
_CHANNELS = {"email": "email", "listemail": "email", "call": "call"}

Told = tuple[str, Key, Fields]
"""(type, account, fields) of an event to be."""


def translate(record: Record, options: Options) -> Sequence[Event]:
    """The native events of a change, for each record that it names; none for objects and fields that we have no use
    for, and for what we did ourselves. Raises Rejection."""
    change = read_change(record.value)
    header = change.header
    if header.entityName not in _NAMESPACES or header.is_by(options.client):
        return ()
    if header.is_gap or not header.records():
        return _events(header, "", _lost(header))
    if header.changeType not in _CHANGES:
        return ()
    told = _BY_ENTITY[header.entityName]
    return [event for id_ in header.records() for event in _events(header, id_, told(change, id_, options))]


def _events(header: Header, id_: str, told: Sequence[Told]) -> Sequence[Event]:
    if not told:
        return ()
    at, sequence = header.occurred_at(), header.sequence()
    own_id = f"{header.key()}:{id_}"
    return drafts.events(NAME, own_id, (Draft(type_, key, at, sequence, fields) for type_, key, fields in told))


def _lost(header: Header) -> Sequence[Told]:
    """Each account that the records belong to needs a refresh. Where it is all records of a kind, nobody knows whose:
    the event waits under the kind's name until it is spread over all of them."""
    reason = {"reason": f"{header.changeType} of {header.entityName}"}
    namespace = _NAMESPACES[header.entityName]
    keys = [_key(namespace, id_) for id_ in header.records()] or [(f"{NAME}:all", header.entityName)]
    return [("account.refresh_needed", key, reason) for key in keys]


def _key(namespace: str, id_: str) -> Key:
    """Raises Rejection."""
    if not drafts.is_id(id_):
        raise Rejection(Reason.INVALID_PAYLOAD, "ChangeEventHeader.recordIds: not an id")
    return namespace, id_


def _on_account(change: Change, id_: str, options: Options) -> Sequence[Told]:
    key = _key(NAME, id_)
    if change.header.changeType == "DELETE":
        return [("account.deleted", key, {})]
    fields = tell(ACCOUNT, change.told(ACCOUNT), options)
    is_whole = change.header.changeType != "UPDATE"
    return _unread(change, key) + ([("account.updated", key, fields)] if fields or is_whole else [])


def _on_contact(change: Change, id_: str, options: Options) -> Sequence[Told]:
    if change.header.changeType == "DELETE" or change.is_emptied("AccountId"):
        return _on_departure(_key(_NAMESPACES["Contact"], id_))
    fields = tell(CONTACT, change.told(CONTACT), options)
    first, last = fields.get("first_name"), fields.get("last_name")
    if first and last:
        fields["name"] = drafts.line(f"{first} {last}")
    return _belongs(change, "Contact", id_, fields)


def _on_departure(key: Key) -> Sequence[Told]:
    """The contact is nobody's any more; its later changes wait until it has an account again."""
    unlinked = {"source": key[0], "external_id": key[1], "reason": "removed in Salesforce"}
    return [("person.left", key, {"person_id": key[1], "reason": "removed"}), ("identity.unlinked", key, unlinked)]


def _on_opportunity(change: Change, id_: str, options: Options) -> Sequence[Told]:
    fields: Fields = {"status": "lost", "stage": "deleted"}
    if change.header.changeType != "DELETE":
        fields = tell(OPPORTUNITY, change.told(OPPORTUNITY), options)
    return _belongs(change, "Opportunity", id_, fields)


def _on_case(change: Change, id_: str, options: Options) -> Sequence[Told]:
    fields: Fields = {"status": "closed"}
    if change.header.changeType != "DELETE":
        fields = tell(CASE, change.told(CASE), options)
    if change.header.changeType == "UPDATE" and _is_reopened(change):
        fields["reopens"] = True
    return _belongs(change, "Case", id_, fields)


def _is_reopened(change: Change) -> bool:
    """A change tells only what has changed: a closing time that is gone was there, a case that is not closed was."""
    return change.is_emptied("ClosedDate") or change.fields.get("IsClosed") is False


def _on_event(change: Change, id_: str, options: Options) -> Sequence[Told]:
    """A meeting. It was held where it had ended when it was written down; deleted, it is cancelled."""
    committed = drafts.instant(change.header.occurred_at())
    if change.header.changeType == "DELETE":
        return _belongs(change, "Event", id_, {"status": "cancelled", "starts_at": committed})
    fields = {name: value for name, value in tell(EVENT, change.told(EVENT), options).items() if value is not None}
    if "starts_at" not in fields:
        return ()
    ended = parse_time(fields.get("ends_at") or fields["starts_at"]) <= change.header.occurred_at()
    who = change.one("WhoId")
    people = {"person_ids": [who]} if who is not None and who.startswith("003") else {}
    kind = {"kind": _meeting_kind(fields.get("subject") or "")}
    fields = {"status": "held" if ended else "scheduled", **kind, **people, **fields}
    return _belongs(change, "Event", id_, fields)


def _meeting_kind(subject: str) -> str:
    return next((kind for words, kind in _MEETINGS if words.search(subject)), "check_in")


def _on_task(change: Change, id_: str, _: Options) -> Sequence[Told]:
    """An e-mail or a call that is written down as done, or is done by now: ours, or theirs where the call came in."""
    if change.one("Status") != "Completed" or change.header.changeType not in {"CREATE", "UPDATE"}:
        return ()
    channel = _CHANNELS.get((change.one("TaskSubtype") or change.one("Type") or "").lower())
    if channel is None and change.one("CallType") is not None:
        channel = "call"
    if channel is None:
        return ()
    who = change.one("WhoId")
    person = {"person_id": who} if who is not None and who.startswith("003") else {}
    key = _named(change) or _key(_NAMESPACES["Task"], id_)
    if change.one("CallType") == "Inbound":
        return [("reply.received", key, {"reply_id": id_, **person})]
    return [("outreach.sent", key, {"outreach_id": id_, "channel": channel, **person})]


def _on_email(change: Change, id_: str, _: Options) -> Sequence[Told]:
    """An e-mail about an account, a case or a deal. One of ours about a case answers it; the first counts there."""
    about = next((key for name in ("ParentId", "RelatedToId") if (key := _key_of(change.one(name))) is not None), None)
    if change.header.changeType != "CREATE" or change.one("Status") == _DRAFT or about is None:
        return ()
    if change.fields.get("Incoming") is True:
        return [("reply.received", about, {"reply_id": id_})]
    sent: Told = ("outreach.sent", about, {"outreach_id": id_, "channel": "email"})
    if about[0] != _NAMESPACES["Case"]:
        return [sent]
    return [sent, ("ticket.changed", about, {"ticket_id": about[1], "answers": True})]


def _belongs(change: Change, entity: str, id_: str, fields: Fields) -> Sequence[Told]:
    """The event under its account where the change names one, whom its own key then means too; else under its own.
    A contact is nobody else's any more."""
    (type_, own), key = _TYPES[entity], _key(_NAMESPACES[entity], id_)
    named = _named(change) if entity == "Event" else _account_named(change)
    links: list[Told] = []
    if named is not None:
        link: Fields = {"source": key[0], "external_id": id_}
        links = [("person.moved", named, {own: id_}) if entity == "Contact" else ("identity.linked", named, link)]
    said = bool(fields) or named is not None or change.header.changeType != "UPDATE"
    told = [(type_, named or key, {own: id_, **fields})] if said else []
    return [*_unread(change, named or key), *links, *told]


def _account_named(change: Change) -> Key | None:
    account = change.one("AccountId")
    return _key(NAME, account) if account is not None else None


def _named(change: Change) -> Key | None:
    """Whose activity it is: the account's, else that of what or whom it is about."""
    keys = (_key_of(change.one(name)) for name in ("AccountId", "WhatId", "WhoId"))
    return next((key for key in keys if key is not None), None)


def _key_of(id_: str | None) -> Key | None:
    """The key of what an id is of; None for objects that no account is known by."""
    entity = _PREFIXES.get(id_[:3]) if id_ is not None else None
    return _key(_NAMESPACES[entity], id_) if id_ is not None and entity is not None else None


def _unread(change: Change, key: Key) -> list[Told]:
    """What was emptied is not known where the relay left it as a bitmap."""
    if not change.header.unreadable():
        return []
    return [("account.refresh_needed", key, {"reason": "the relay does not decode nulledFields"})]


_BY_ENTITY: Mapping[str, Callable[[Change, str, Options], Sequence[Told]]] = {
    "Account": _on_account,
    "Contact": _on_contact,
    "Opportunity": _on_opportunity,
    "Case": _on_case,
    "Event": _on_event,
    "Task": _on_task,
    "EmailMessage": _on_email,
}

SOURCE = Source(NAME, f"{NAME}.event", Topic.CRM, translate, DOOR)
