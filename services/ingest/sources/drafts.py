"""What all sources share on the way from their own JSON to native events. Pure.

Every event goes through its contract, so that each bound of docs/events.md holds for what a source sends.
"""

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple, TypeVar

import msgspec

from shared.clock import from_us
from shared.errors import Reason, Rejection
from shared.facts import Event
from shared.native import decode_body, encode_body, event_id, parse_time, printable, within_years

Shape = TypeVar("Shape")
Key = tuple[str, str]
"""An account's key: the namespace of its id, and the id."""

MOST_ID, MOST_LINE, MOST_PROSE = 200, 300, 4_000
"""Letters, as the contracts bound them."""


class Draft(NamedTuple):
    """A native event before it has its envelope. `occurred_at` is in µs; `fields` are JSON, as the contract of
    `type` reads them; None in it is the same as a field that is not there."""

    type: str
    account: Key
    occurred_at: int
    sequence: int
    fields: Mapping[str, Any]


def events(source: str, own_id: str, drafts: Iterable[Draft]) -> tuple[Event, ...]:
    """The events of one record, whose id in its source is `own_id`: the first has that id, the others
    "(own_id):(number)" from 1. Raises Rejection where a field breaks its contract."""
    return tuple(_event(source, f"{own_id}:{n}" if n else own_id, draft) for n, draft in enumerate(drafts))


def _event(source: str, own_id: str, draft: Draft) -> Event:
    try:
        payload = msgspec.json.encode(draft.fields)
    except UnicodeEncodeError:
        raise Rejection(Reason.INVALID_PAYLOAD, "text holds half a character (a lone surrogate)") from None
    body = decode_body(draft.type, payload)
    return Event(
        event_id(source, own_id),
        source,
        draft.type,
        draft.account,
        within_years(draft.occurred_at),
        draft.sequence,
        body,
        encode_body(draft.type, body),
    )


def read(value: bytes | msgspec.Raw, kind: type[Shape]) -> Shape:
    """A source's JSON in the shape that we read of it. Raises Rejection naming the field."""
    try:
        return msgspec.json.decode(value, type=kind)
    except msgspec.ValidationError as error:
        raise Rejection(Reason.INVALID_PAYLOAD, printable(str(error))) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Rejection(Reason.NOT_JSON, printable(str(error))) from None


def is_id(value: Any) -> bool:
    """Whether it can be an id of ours: text of 1 to 200 letters without NUL."""
    return isinstance(value, str) and 0 < len(value) <= MOST_ID and "\x00" not in value


def spelled(value: Any) -> str | None:
    """An id as text; whole numbers keep all their digits. None for everything that is no id."""
    if isinstance(value, int) and not isinstance(value, bool) and value.bit_length() < 640:
        value = str(value)
    return value if is_id(value) else None


def account_key(source: str, account: Any, person: Any = None) -> Key:
    """The account's key in the source's namespace; where the source names only a person (their id or e-mail), the
    key of that person, under which the event waits until the person is linked. Raises Rejection MISSING_ACCOUNT."""
    own = spelled(account)
    if own is not None:
        return source, own
    who = spelled(person)
    if who is None:
        raise Rejection(Reason.MISSING_ACCOUNT, f"{source} names neither an account nor a person")
    return f"{source}:person", who


def company_drafts(
    source: str, own: str, ours: str | None, at: int, fields: Mapping[str, Any], *, creates: bool
) -> list[Draft]:
    """A company of a source that is no CRM. Where the company says our own id of the account (`ours`), it is that
    account; it becomes one only where the source may create accounts, and else it waits until it is linked."""
    if creates:
        linked = {"external_ids": {source: own}} if ours is not None else {}
        key = (source, own) if ours is None else ("native", ours)
        return [Draft("account.updated", key, at, 0, {**fields, **linked})]
    if ours is None:
        return []
    return [Draft("identity.linked", ("native", ours), at, 0, {"source": source, "external_id": own})]


def line(value: Any) -> str | None:
    """Text cut to one line's 300 letters, without NUL; None for empty text and everything else."""
    return _cut(value, MOST_LINE)


def prose(value: Any) -> str | None:
    """Text cut to 4,000 letters, without NUL; None for empty text and everything else."""
    return _cut(value, MOST_PROSE)


def _cut(value: Any, most: int) -> str | None:
    if not isinstance(value, str):
        return None
    return value.replace("\x00", "").strip()[:most] or None


def instant(us: int | None) -> str | None:
    """An instant in µs as the contracts read it. Raises Rejection INVALID_TIME outside the years 1970 to 2200."""
    return None if us is None else from_us(within_years(us)).isoformat()


def time_of(value: Any, zone: dt.tzinfo | None = None) -> int:
    """The µs of an RFC 3339 text. Raises Rejection MISSING_TIME, NAIVE_TIME, INVALID_TIME."""
    if not isinstance(value, str) or not value:
        raise Rejection(Reason.MISSING_TIME, "there is no time")
    return parse_time(value, zone)


def instant_of(value: Any, zone: dt.tzinfo | None = None) -> int | None:
    """The µs of a time as seconds since 1970 or as RFC 3339 text; None for everything that says nothing. Raises
    Rejection NAIVE_TIME, INVALID_TIME."""
    if isinstance(value, bool) or value is None or value == "":
        return None
    if isinstance(value, int | float) and abs(value) < 1e11:
        return within_years(round(value * 1_000_000))
    return time_of(value, zone)


def time_or_none(value: Any, zone: dt.tzinfo | None = None) -> int | None:
    """The same where the time is optional: None for null and empty text."""
    return None if value is None or value == "" else time_of(value, zone)
