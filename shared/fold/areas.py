"""Areas of facts, and in which version of an account's facts each of them last changed. Pure.

What reads an area need not read it again until it changes. `activity` is who used the product when; `beginning` is the
first day of which that is known; the others are what the rules of their module fold.
"""

import struct
from collections.abc import Iterable

from shared.facts import Facts
from shared.fold import billing, crm, product, steward, support
from shared.fold.activity import USE

AREAS: dict[str, frozenset[str]] = {
    "activity": frozenset({USE, "login.recorded"}),
    "beginning": frozenset(),
    "crm": frozenset(crm.RULES),
    "product": frozenset(product.RULES),
    "billing": frozenset(billing.RULES),
    "support": frozenset(support.RULES),
    "steward": frozenset(steward.RULES),
}
"""Area → the types of events that change it."""

_BITS = {name: 1 << i for i, name in enumerate(AREAS)}
_OF = {kind: _BITS[name] for name, kinds in AREAS.items() for kind in kinds}
_PLACES = tuple((i, bit) for i, bit in enumerate(_BITS.values()))
_versions = struct.Struct(f">{len(AREAS)}q")

PACKED = _versions.size
"""Bytes that `pack` makes."""
ACTIVITY, BEGINNING = _BITS["activity"], _BITS["beginning"]
EVERYTHING = sum(_BITS.values())

Changed = tuple[int, ...]
"""For each area the version in which it last changed."""


def areas_of(kinds: Iterable[str]) -> int:
    """The areas that events of these types change, as bits."""
    areas = 0
    for kind in kinds:
        areas |= _OF[kind]
    return areas


def beginning(facts: Facts) -> int:
    """The day before the first one of which activity is known; it only serves to be compared."""
    return facts.newest_day - len(facts.active_people)


def all_changed(version: int) -> Changed:
    """Everything changed in this version."""
    return (version,) * len(AREAS)


def changing(changed: Changed, areas: int, version: int) -> Changed:
    """These areas changed in this version, too."""
    if areas == ACTIVITY:
        return (version, *changed[1:])
    return tuple([version if areas & bit else changed[i] for i, bit in _PLACES])


def pack(changed: Changed) -> bytes:
    """As a column keeps it."""
    return _versions.pack(*changed)


def unpack(packed: bytes, version: int) -> Changed:
    """Out of the column of facts of this version; where it is not known, everything may have changed in it."""
    return _versions.unpack(packed) if len(packed) == PACKED else all_changed(version)


def changed_since(packed: bytes, version: int) -> int:
    """The areas that changed after a version, as bits; all of them where that is not known."""
    if len(packed) != PACKED:
        return EVERYTHING
    areas = 0
    for (_, bit), last in zip(_PLACES, _versions.unpack(packed), strict=True):
        if last > version:
            areas |= bit
    return areas
