"""What passed between an account and us, from any tool: meetings of all kinds, calls, e-mails; by a door with a token.

`{kind, id, account_id, at, ends_at, updated_at, status, subject, direction, people[{id, email, attended}]}`. Who
of those invited came and who did not is told person by person.
"""

from collections.abc import Sequence
from typing import Any

import msgspec

from services.ingest.sources.drafts import Draft, Key, events, instant, line, read, spelled, time_of, time_or_none
from services.ingest.sources.owners import NATIVE, address, owner
from services.ingest.sources.source import Door, Options, Posted, Source, Wrapped
from services.ingest.sources.tokens import many, token_in_header, wrapped
from shared.broker import Record
from shared.contracts import Topic
from shared.errors import Reason, Rejection
from shared.facts import Event

NAME = "interactions"
SECRET = "interactions_token"  # noqa: S105  # the name of the setting

_MEETINGS = {"meeting": "other"} | {kind: kind for kind in ("check_in", "qbr", "ebr", "kickoff", "training", "other")}
_CHANNELS = frozenset({"call", "email"})
_DIRECTIONS = {"outbound": True, "inbound": False}
_MOST_PEOPLE = 50


class Person(msgspec.Struct):
    """Somebody who was invited, called or written to; whether they came, where that is known."""

    id: Any = None
    email: Any = None
    attended: bool | None = None

    @property
    def name(self) -> str | None:
        """By what the account's people know them."""
        return spelled(self.id) or address(self.email)


class Interaction(msgspec.Struct):
    """One of them, as it is now. `updated_at` says when that was said, where it is not when it happened."""

    kind: str
    id: Any = None
    account_id: Any = None
    at: str | None = None
    ends_at: str | None = None
    updated_at: str | None = None
    status: str | None = None
    subject: Any = None
    direction: str = "outbound"
    people: list[Person] = []


def translate(record: Record, options: Options) -> Sequence[Event]:
    """A meeting as `meeting.updated`; a call or an e-mail as `outreach.sent`, or `reply.received` where it came in.
    Raises Rejection."""
    told = read(record.value, Interaction)
    kind = told.kind.strip().lower()
    at = time_of(told.at, options.zone)
    said = time_or_none(told.updated_at, options.zone)
    id_ = spelled(told.id) or wrapped(record.value).id
    if kind in _MEETINGS:
        happened, fields = "meeting.updated", {"meeting_id": id_, "kind": _MEETINGS[kind], **_meeting(told, at, said)}
        fields["ends_at"] = instant(time_or_none(told.ends_at, options.zone))
    elif kind in _CHANNELS:
        happened, fields = _contacting(told, kind, id_)
    else:
        raise Rejection(Reason.INVALID_PAYLOAD, f"kind must be one of {', '.join((*_MEETINGS, *sorted(_CHANNELS)))}")
    own = id_ if said is None else f"{id_}@{said}"
    return events(
        NAME, own, [Draft(happened, _whose(told, options.namespace), at if said is None else said, 0, fields)]
    )


def _meeting(told: Interaction, at: int, said: int | None) -> dict[str, Any]:
    people = {one.name: one.attended for one in told.people[:_MOST_PEOPLE] if one.name is not None}
    return {
        "status": (told.status or "").strip().lower() or _status(list(people.values()), at, said),
        "starts_at": instant(at),
        "subject": line(told.subject),
        "person_ids": list(people),
        "absent_ids": [name for name, attended in people.items() if attended is False],
    }


def _status(attended: Sequence[bool | None], at: int, said: int | None) -> str:
    """What those who came say of it: missed where all stayed away. Of one that lies ahead, nothing."""
    if said is not None and said < at:
        return "scheduled"
    return "missed" if attended and all(one is False for one in attended) else "held"


def _contacting(told: Interaction, kind: str, id_: str) -> tuple[str, dict[str, Any]]:
    ours = _DIRECTIONS.get(told.direction.strip().lower())
    if ours is None:
        raise Rejection(Reason.INVALID_PAYLOAD, f"direction must be one of {', '.join(_DIRECTIONS)}")
    person = {"person_id": name} if told.people and (name := told.people[0].name) else {}
    if ours:
        return "outreach.sent", {"outreach_id": id_, "channel": kind, **person}
    return "reply.received", {"reply_id": id_, **person}


def _whose(told: Interaction, namespace: str = NATIVE) -> Key:
    first = told.people[0] if told.people else Person()
    return owner(NAME, told.account_id, first.id, first.email, namespace)


def unwrap(posted: Posted) -> Sequence[Wrapped]:
    """The interactions of a body: one, a list, lines, or `{"interactions": […]}`. Raises Malformed."""
    return many(posted, NAME, lambda value: _whose(read(value, Interaction)))


SOURCE = Source(NAME, "interactions.event", Topic.CRM, translate, Door(SECRET, token_in_header(SECRET), unwrap))
