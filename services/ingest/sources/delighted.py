"""Delighted: answers to its surveys, verified at the door and carried raw, become `survey.response`. FORMATS 5.6.

A body holds the whole answer as it is now, and comes again whenever score or comment change: the newest wins.
"""

import datetime as dt
import re
from collections.abc import Sequence
from typing import Any

import msgspec

from services.ingest.sources.doors import body_of, check_same, digest
from services.ingest.sources.drafts import Draft, Key, events, is_id, prose, read, spelled
from services.ingest.sources.owners import ACCOUNT_NAMES, NATIVE, PERSON_NAMES, account_drafts, address, named, owner
from services.ingest.sources.source import Door, Options, Posted, Source, Wrapped
from services.ingest.sources.tokens import wrapped
from shared.broker import Record
from shared.contracts import Topic
from shared.errors import Malformed, Reason, Rejection
from shared.facts import Event

NAME = "delighted"
SECRET = "delighted_webhook_secret"  # noqa: S105  # the name of the setting
HEADER = "x-delighted-webhook-signature"

_TYPES = frozenset({"survey_response.created", "survey_response.updated"})
_SCALES = {"nps": (0, 10), "csat": (1, 5), "ces": (1, 7)}
_KIND = re.compile(r"(nps|csat|ces)([357])?")


class Person(msgspec.Struct):
    """Who answered."""

    id: Any = None
    email: Any = None
    properties: Any = None


class Response(msgspec.Struct):
    """An answer as it is now. Times are seconds since 1970."""

    id: Any
    survey_type: str = ""
    score: int | float | None = None
    comment: Any = None
    created_at: int | None = None
    updated_at: int | None = None
    person: Person | None = None
    person_properties: Any = None


class Envelope(msgspec.Struct):
    """A webhook's body."""

    event_type: str
    event_id: Any = None
    event_data: msgspec.Raw = msgspec.Raw(b"{}")


def translate(record: Record, options: Options) -> Sequence[Event]:
    """The answer; none for other types, and for kinds of survey that are no NPS, CSAT or CES. Raises Rejection."""
    envelope = read(record.value, Envelope)
    if envelope.event_type not in _TYPES:
        return ()
    response = read(envelope.event_data, Response)
    kind = _KIND.fullmatch(response.survey_type)
    if kind is None:
        return ()
    at = response.updated_at if envelope.event_type.endswith("updated") else response.created_at
    if at is None and response.created_at is None:
        raise Rejection(Reason.MISSING_TIME, "the answer has neither created_at nor updated_at")
    at = response.created_at if at is None else at
    person = response.person or Person()
    key = _whose(response, options.namespace)
    when = (at or 0) * 1_000_000
    answer = Draft("survey.response", key, when, 0, _fields(response, kind, person))
    own = spelled(envelope.event_id) or f"{spelled(response.id)}@{at}"
    return events(NAME, own, [answer, *account_drafts(key, when, creates=options.creates_accounts)])


def _whose(response: Response, namespace: str = NATIVE) -> Key:
    person = response.person or Person()
    account = named(response.person_properties, ACCOUNT_NAMES) or named(person.properties, ACCOUNT_NAMES)
    return owner(NAME, account, person.id, person.email, namespace)


def _fields(response: Response, kind: re.Match[str], person: Person) -> dict[str, Any]:
    low, high = _SCALES[kind[1]]
    who = {
        "email": address(person.email),
        "external_id": spelled(named(response.person_properties, PERSON_NAMES)),
    }
    return {
        "survey_id": spelled(response.id),
        "survey_type": kind[1],
        "score": response.score,
        "scale_min": low,
        "scale_max": int(kind[2]) if kind[2] else high,
        "comment": prose(response.comment),
        "respondent": {name: value for name, value in who.items() if value is not None},
    }


# --- the door -----------------------------------------------------------------------------------------


def verify(posted: Posted, secret: str, now: dt.datetime) -> None:
    """`sha256=` and the hexadecimal HMAC-SHA256 of the body. It has no time, so a body may be repeated, which changes
    nothing. Raises Malformed."""
    expected = f"sha256={digest(secret, posted.body).hex()}"
    check_same(expected, posted.headers.get(HEADER, ""), "X-Delighted-Webhook-Signature", SECRET)


def unwrap(posted: Posted) -> Sequence[Wrapped]:
    """The one event of the body. Raises Malformed."""
    body = body_of(posted.body)
    own = body.get("event_id") if isinstance(body, dict) else None
    if not is_id(own):
        raise Malformed("The signed body is not a Delighted event: it has no event_id.")
    keyed = wrapped(posted.body, lambda value: _whose(read(read(value, Envelope).event_data, Response)))
    return [keyed._replace(id=str(own))]


SOURCE = Source(
    NAME, "delighted.event", Topic.SUPPORT, translate, Door(SECRET, verify, unwrap), may_create_accounts=True,
    own_ids=frozenset({"event_id", "event_data.id", "event_data.person.id"}),
)  # fmt: skip
