"""What is kept raw names nobody who was forgotten. A record that does is not kept: what can be understood of it is
taken at once, where nothing names them any more, and the rest is given up. Pure."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import msgspec

from services.ingest.intake import admit
from services.ingest.nouns import Arrival
from services.ingest.sources import Settled, translate
from services.ingest.veil import ADDRESS, ERASED, Erased
from shared.broker import SIGNED_BODY, Record
from shared.errors import Reason, Rejection
from shared.facts import Event
from shared.parking import Parked

GIVEN_UP = f"{ERASED}: it named somebody who was forgotten"
_MOST_LETTERS = 200
_MOST_PAIRED = 60  # ids of one record that are tried with each other


class Rules(NamedTuple):
    """How records read, and how far from their arrival events may lie."""

    settled: Settled
    horizon_days: int
    skew_hours: int


def shield(
    parked: Sequence[Parked], erased: Erased, rules: Rules, decisions: frozenset[str]
) -> tuple[list[Arrival], list[Parked]]:
    """(what is to be accepted of them now, what is to be kept of them). Decisions of a source that is held are not
    taken out of their order."""
    taken: list[Arrival] = []
    kept: list[Parked] = []
    for one in parked:
        events = _events(one.record, rules.settled)
        if not _names_anybody(one, events, erased):
            kept.append(one)
        elif one.reason == Reason.HELD and _is_sound(events, one.received, rules, decisions):
            taken += [Arrival(event, one.received) for event in events]
        else:
            kept.append(_emptied(one))
    return taken, kept


def _events(record: Record, settled: Settled) -> Sequence[Event]:
    try:
        return translate(record, settled)
    except Rejection:
        return ()


def _is_sound(events: Sequence[Event], received: int, rules: Rules, decisions: frozenset[str]) -> bool:
    try:
        for event in events:
            admit(event, received, rules.horizon_days, rules.skew_hours)
    except Rejection:
        return False
    return bool(events) and not any(event.type in decisions for event in events)


def _emptied(one: Parked) -> Parked:
    return one._replace(record=one.record._replace(key=None, value=b"", headers=[]), words=GIVEN_UP, given_up=True)


# --- who is named -------------------------------------------------------------------------------------


def _names_anybody(one: Parked, events: Sequence[Event], erased: Erased) -> bool:
    """By what is understood of it; by an address anywhere; by an id that stands for itself in its JSON."""
    record = one.record
    parts = (record.key or b"", record.value, *(value for name, value in record.headers if name != SIGNED_BODY))
    text = b"\n".join(parts).decode("utf-8", "replace")
    return (
        any(erased.veil(event) is not event for event in events)
        or any(erased.email(found) for found in ADDRESS.findall(text))
        or _has_id(_scalars(record.value), _account(record), one.source, erased)
    )


def _account(record: Record) -> set[str]:
    """The account's id as the envelope has it."""
    return {found for found in (record.header("ce_subject"), (record.key or b"").decode("utf-8", "replace")) if found}


def _scalars(value: bytes) -> set[str]:
    """Whatever stands by itself in JSON and may be an id or an address."""
    try:
        body = msgspec.json.decode(value)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return set()
    return {text for text in _texts(body) if 0 < len(text) <= _MOST_LETTERS}


def _texts(body: Any) -> Iterator[str]:
    waiting = [body]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            waiting += one.values()
        elif isinstance(one, list):
            waiting += one
        elif isinstance(one, str | int):
            yield str(one)


def _has_id(names: set[str], accounts: set[str], source: str, erased: Erased) -> bool:
    own = any(erased.person((f"{source}:person", ""), name) or erased.email(name) for name in names)
    if own:
        return True
    places = accounts | names if len(names) <= _MOST_PAIRED else accounts
    return any(erased.person(("native", account), name) for account in places for name in names if name != account)
