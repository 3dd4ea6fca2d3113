"""Segment and RudderStack: a message of their HTTP API, wrapped by our door, becomes native events. FORMATS 5.1.

An event is what its `messageId` says it is. Its time is corrected by the sender's clock (`sentAt`), so that a retry
tells the same event with another time: identity never looks at the time, and the first to arrive wins.
"""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

import msgspec

from services.ingest.sources import drafts
from services.ingest.sources.drafts import Draft, Key, account_key, line, spelled
from services.ingest.sources.segment_traits import account_fields, person_fields
from services.ingest.sources.source import Options, Source
from shared.broker import RECEIVED_AT, Record
from shared.contracts import Topic
from shared.errors import Reason, Rejection
from shared.facts import Event
from shared.native import parse_time, printable, within_years

NAME = "segment"
_MOST_FEATURE = 100


class Message(msgspec.Struct):
    """A message as it came, its batch's `context` and `sentAt` merged in. Unknown fields are ignored."""

    type: Any = None
    messageId: Any = None  # noqa: N815  # Segment's own names
    userId: Any = None  # noqa: N815
    anonymousId: Any = None  # noqa: N815
    previousId: Any = None  # noqa: N815
    groupId: Any = None  # noqa: N815
    event: Any = None
    traits: Any = None
    properties: Any = None
    context: Any = None
    timestamp: Any = None
    originalTimestamp: Any = None  # noqa: N815
    sentAt: Any = None  # noqa: N815
    receivedAt: Any = None  # noqa: N815

    @property
    def person(self) -> str:
        """The person's id; empty where nobody is named."""
        return spelled(self.userId) or spelled(self.anonymousId) or ""

    @property
    def account(self) -> str:
        """The account's id; empty where none is named."""
        return spelled(self.groupId) or spelled(mapping_of(self.context).get("groupId")) or ""


Told = tuple[str, Mapping[str, Any]]
"""A native event's type and fields."""


def _exact(number: str) -> Decimal:
    """A number with all its digits; NaN where its exponent is beyond all reckoning, which reads as no number."""
    try:
        return Decimal(number)
    except InvalidOperation:
        return Decimal("NaN")


_decoder = msgspec.json.Decoder(Message, float_hook=_exact)


def translate(record: Record, options: Options) -> Sequence[Event]:
    """The native events of a message: none for calls that we have no use for. Raises Rejection."""
    if record.partition.topic != Topic.PRODUCT:
        raise Rejection(Reason.WRONG_TOPIC, f"{SOURCE.record} travels on {Topic.PRODUCT}")
    message = _read(record.value)
    if not isinstance(message.type, str):
        raise Rejection(Reason.INVALID_PAYLOAD, "the message has no `type`")
    call = _CALLS.get(message.type)
    told = call(message) if call is not None else ()
    if not told:
        return ()
    account = _account(message, options)
    at = occurred_at(message, _received(record), options.zone)
    return drafts.events(NAME, _own_id(record, message), [Draft(kind, account, at, 0, fields) for kind, fields in told])


def occurred_at(message: Message, received: int | None, zone: dt.tzinfo | None) -> int:
    """When it happened, µs: received − (sent − said), so that the sender's wrong clock does not matter; what the
    sender said where it does not say when it sent; when we received it where it says nothing. Raises Rejection.

    A message that was corrected before it came to us (it has `receivedAt` and `originalTimestamp`) is believed.
    """
    said = message.originalTimestamp or message.timestamp
    if said is None or said == "":
        if received is None:
            raise Rejection(Reason.MISSING_TIME, "neither the message nor its record has a time")
        return received
    if message.receivedAt and message.originalTimestamp and message.timestamp:
        return _time(message.timestamp, zone)
    at, sent = _time(said, zone), _sent(message.sentAt, zone)
    return at if sent is None or received is None else within_years(received - (sent - at))


def mapping_of(value: Any) -> Mapping[str, Any]:
    """An object as it came; an empty one for anything else."""
    return value if isinstance(value, dict) else {}


def _account(message: Message, options: Options) -> Key:
    """A group's id is the company's own. Raises Rejection MISSING_ACCOUNT."""
    return (options.namespace, message.account) if message.account else account_key(NAME, None, message.person)


def _read(value: bytes) -> Message:
    try:
        return _decoder.decode(value)
    except msgspec.ValidationError as error:
        raise Rejection(Reason.INVALID_PAYLOAD, printable(str(error))) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Rejection(Reason.NOT_JSON, printable(str(error))) from None


def _own_id(record: Record, message: Message) -> str:
    """The door's id, which is the messageId wherever that can be one."""
    own = record.header("ce_id") or spelled(message.messageId)
    if not own:
        raise Rejection(Reason.INVALID_PAYLOAD, "the message has no messageId")
    return own


def _received(record: Record) -> int | None:
    stated = record.header(RECEIVED_AT)
    if stated is not None:
        try:
            return parse_time(stated)
        except Rejection:
            pass
    return record.timestamp * 1_000 if record.timestamp > 0 else None


def _time(said: Any, zone: dt.tzinfo | None) -> int:
    if not isinstance(said, str):
        raise Rejection(Reason.INVALID_TIME, "the timestamp must be text, e.g. 2026-01-31T09:30:00Z")
    return parse_time(said, zone)


def _sent(said: Any, zone: dt.tzinfo | None) -> int | None:
    """An unreadable `sentAt` only means that the clock cannot be corrected."""
    try:
        return _time(said, zone)
    except Rejection:
        return None


# --- what each call becomes ---------------------------------------------------------------------------


def _on_identify(message: Message) -> Sequence[Told]:
    """RudderStack's SDKs put the traits of a person into the context."""
    traits = {**mapping_of(mapping_of(message.context).get("traits")), **mapping_of(message.traits)}
    return [("person.updated", {"person_id": _person(message)} | person_fields(traits))]


def _on_group(message: Message) -> Sequence[Told]:
    if not message.account:
        raise Rejection(Reason.INVALID_PAYLOAD, "a group call needs a `groupId`")
    return [("account.updated", account_fields(mapping_of(message.traits))), *_belongs(message)]


def _on_track(message: Message) -> Sequence[Told]:
    name = line(message.event)
    if name is None:
        raise Rejection(Reason.INVALID_PAYLOAD, "a track call needs an `event`")
    lifecycle = LIFECYCLE.get(name.casefold())
    if lifecycle is not None:
        return lifecycle(message)
    return [("usage.recorded", {"person_id": _person(message), "feature": name[:_MOST_FEATURE]})]


def _on_view(message: Message) -> Sequence[Told]:
    """A page is activity, and no feature: titles are as many as the things that they show."""
    return [("usage.recorded", {"person_id": _person(message)})]


def _on_alias(message: Message) -> Sequence[Told]:
    """The former id is one more id of the same person."""
    person, former = spelled(message.userId), spelled(message.previousId)
    if person is None or former is None:
        raise Rejection(Reason.INVALID_PAYLOAD, "an alias call needs a `userId` and a `previousId`")
    return [("person.linked", {"person_id": person, "external_id": former})]


def _on_account_created(message: Message) -> Sequence[Told]:
    _needs_account(message)
    properties = mapping_of(message.properties)
    name = line(properties.get("account_name"))
    fields = account_fields(properties) | ({"name": name} if name else {})
    return [("account.updated", fields), *_belongs(message)]


def _on_account_deleted(message: Message) -> Sequence[Told]:
    _needs_account(message)
    return [("account.deleted", {})]


def _on_signed_up(message: Message) -> Sequence[Told]:
    person = {"person_id": _person(message)} | person_fields(mapping_of(message.properties))
    return [("person.updated", person), *_milestone(message, "signed_up")]


def _on_signed_in(message: Message) -> Sequence[Told]:
    return [("login.recorded", {"person_id": _person(message)})]


def _on_signed_out(message: Message) -> Sequence[Told]:
    """Whoever signs out was there on that day; it is no action."""
    return [("usage.recorded", {"person_id": _person(message), "actions": 0})]


def _on_invite_sent(message: Message) -> Sequence[Told]:
    return _milestone(message, "invite_sent")


def _on_user_added(message: Message) -> Sequence[Told]:
    person = {"person_id": _person(message)} | person_fields(mapping_of(message.properties))
    return [("person.updated", person)]


def _on_user_removed(message: Message) -> Sequence[Told]:
    return [("person.left", {"person_id": _person(message), "reason": "removed"})]


def _on_trial_started(message: Message) -> Sequence[Told]:
    return _milestone(message, "trial_started")


def _on_trial_ended(message: Message) -> Sequence[Told]:
    return _milestone(message, "trial_ended")


Call = Callable[[Message], Sequence[Told]]

LIFECYCLE: Mapping[str, Call] = {
    "account created": _on_account_created,
    "account deleted": _on_account_deleted,
    "signed up": _on_signed_up,
    "signed in": _on_signed_in,
    "signed out": _on_signed_out,
    "invite sent": _on_invite_sent,
    "account added user": _on_user_added,
    "account removed user": _on_user_removed,
    "trial started": _on_trial_started,
    "trial ended": _on_trial_ended,
}
"""The events of Segment's B2B SaaS spec, by their name in small letters."""

_CALLS: Mapping[str, Call] = {
    "identify": _on_identify,
    "group": _on_group,
    "track": _on_track,
    "page": _on_view,
    "screen": _on_view,
    "alias": _on_alias,
}


def _milestone(message: Message, milestone: str) -> Sequence[Told]:
    person = {"person_id": message.person} if message.person else {}
    return [("milestone.reached", {"milestone": milestone} | person)]


def _belongs(message: Message) -> Sequence[Told]:
    """Whoever is named together with a group belongs to it."""
    return [("person.updated", {"person_id": message.person})] if message.person else []


def _needs_account(message: Message) -> None:
    if not message.account:
        raise Rejection(Reason.INVALID_PAYLOAD, "this event needs a `context.groupId`")


def _person(message: Message) -> str:
    if message.person:
        return message.person
    account_key(NAME, message.account)  # who names nobody at all is rejected for that
    raise Rejection(Reason.INVALID_PAYLOAD, "the message needs a `userId` or an `anonymousId`")


SOURCE = Source(NAME, "segment.message", Topic.PRODUCT, translate)
