"""Things of which each event tells only some attributes: every attribute is from the greatest stamp that named it.

A crowd of things is bounded too: the newest stay. What is forgotten must not depend on the order of arrival, so the
stamp of the newest thing that was ever forgotten is kept as the crowd's floor, and nothing at or below it counts, not
even as an older attribute of a thing that stays.
"""

from collections.abc import Mapping
from functools import cache
from typing import Any, TypeVar

from msgspec.structs import replace

from shared.facts import MOST_ITEMS, MOST_MARKS, Capacity, Event, Facts, Meeting, Opportunity, Stamp, Ticket
from shared.fold.stamped import stamp

Piece = TypeVar("Piece", Opportunity, Ticket, Capacity, Meeting)
_OF_FACTS = frozenset({"tickets", "meetings"})
"""Crowds that are fields of the facts; the others are of their record."""
_MARKS = ("reopenings", "answers")
_NO_ATTRIBUTES = {"at", "sequence", "event", "told", *_MARKS}


@cache
def attributes(kind: type[Piece]) -> frozenset[str]:
    """What events may tell of a thing."""
    return frozenset(kind.__struct_fields__) - _NO_ATTRIBUTES


def pieced(known: Piece | None, blank: Piece, event: Event, named: Mapping[str, Any]) -> Piece:
    """The thing with the attributes that an event named. `blank` says what was never told, and has an empty `told`."""
    at = stamp(event)
    if known is None and named.keys() == attributes(type(blank)):  # told whole, the first time: the usual way
        return replace(blank, at=at[0], sequence=at[1], event=at[2], told=None, **named)
    known = known or blank
    heard = _heard(known)
    won = {name: value for name, value in named.items() if name not in heard or heard[name] < at}
    newest = max(known.stamp, at)
    thing = replace(known, at=newest[0], sequence=newest[1], event=newest[2], **won)
    return _told(thing, heard | dict.fromkeys(won, at))


def put_piece(facts: Facts, place: tuple[str, str], blank: Piece, event: Event, named: Mapping[str, Any]) -> None:
    """Tells attributes of the thing at `place`: (crowd, which is a field of the facts or of their record; its id). The
    MOST_ITEMS newest of a crowd stay."""
    crowd, key = place
    if stamp(event) <= facts.record.floors.get(crowd, (-1, 0, b"")):
        return
    things: dict[str, Piece] = getattr(facts if crowd in _OF_FACTS else facts.own_record(), crowd)
    things[key] = pieced(things.get(key), blank, event, named)
    if len(things) > MOST_ITEMS:
        facts.own_record().floors[crowd] = floor = _forget_oldest(things)
        for name in [name for name, thing in things.items() if thing.told is not None or _marked(thing)]:
            if _oldest(things[name]) <= floor:
                things[name] = _above(things[name], floor, blank)


def put_mark(facts: Facts, ticket: str, marks: str, event: Event) -> None:
    """Counts an event among the `marks` of a ticket that is kept: its reopenings, its answers. The newest stay."""
    known = facts.tickets.get(ticket)
    if known is not None and stamp(event) > facts.record.floors.get("tickets", (-1, 0, b"")):
        kept = sorted({*getattr(known, marks), stamp(event)})[-MOST_MARKS:]
        facts.tickets[ticket] = replace(known, **{marks: tuple(kept)})


def _forget_oldest(things: dict[str, Piece]) -> Stamp:
    """Lets the thing with the least stamp go, which is returned."""
    earliest = min([thing.at for thing in things.values()])
    floor, oldest = min([(thing.stamp, name) for name, thing in things.items() if thing.at == earliest])
    del things[oldest]
    return floor


def _marked(thing: Piece) -> bool:
    return type(thing) is Ticket and bool(thing.reopenings or thing.answers)


def _oldest(thing: Piece) -> Stamp:
    """The oldest stamp of anything that is known of it."""
    marks: list[Stamp] = [at for name in _MARKS for at in getattr(thing, name, ())[:1]]
    return min([thing.told[-1][0] if thing.told else thing.stamp, *marks])


def _above(thing: Piece, floor: Stamp, blank: Piece) -> Piece:
    heard = {name: at for name, at in _heard(thing).items() if at > floor}
    lost = attributes(type(thing)) - heard.keys()
    marked = {name: tuple(at for at in getattr(thing, name) if at > floor) for name in _MARKS if hasattr(thing, name)}
    return _told(replace(thing, **{name: getattr(blank, name) for name in lost}, **marked), heard)


def _heard(thing: Piece) -> dict[str, Stamp]:
    if thing.told is None:
        return dict.fromkeys(attributes(type(thing)), thing.stamp)
    return {name: at for at, names in thing.told for name in names}


def _told(thing: Piece, heard: Mapping[str, Stamp]) -> Piece:
    """The thing with its `told`; None where one event told all, which is the usual and the shorter way."""
    groups: dict[Stamp, list[str]] = {}
    for name in sorted(heard):
        groups.setdefault(heard[name], []).append(name)
    whole = groups.keys() == {thing.stamp} and heard.keys() == attributes(type(thing))
    return replace(thing, told=None if whole else sorted(groups.items(), reverse=True))
