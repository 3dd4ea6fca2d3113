"""Which rejected records name a person who is to be forgotten. Pure.

An address or a name says it anywhere. An id is theirs in the systems that know them by it and beside an account of
theirs; elsewhere it may be a namesake's. Such a record goes too, unless its source gave the id to somebody itself.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

import msgspec

from services.ingest.sources import OWN_IDS


class Naming(Enum):
    """What a record says of the person."""

    NOTHING = auto()
    AN_ID = auto()
    """An id that they have, and not whose it is here."""
    THEM = auto()


@dataclass(frozen=True)
class KnownBy:
    """By what a person is known: addresses and names; ids anywhere; ids in each system; ids of their accounts."""

    words: frozenset[str]
    ids: frozenset[str]
    own: frozenset[tuple[str, str]]
    """(system, id)."""
    accounts: frozenset[str]


def needles(person: KnownBy) -> list[bytes]:
    """Of which every record that names the person holds one, in whatever case."""
    words = {raw for one in person.words for raw in _written(one)}
    numbers = {one.encode() for one in person.ids if one.isdecimal()}
    return sorted(words | numbers | {raw for one in person.ids for raw in _quoted(one)})


def naming(person: KnownBy, source: str, around: Sequence[bytes], value: bytes) -> Naming:
    """What a source's record says of them. `around`: its key and the values of its headers."""
    outside = b"\n".join(around)
    whole = outside + b"\n" + value
    if any(raw.lower() in whole.lower() for one in person.words for raw in _written(one)):
        return Naming.THEM
    paths, numbers = _places(value, person.ids)
    ids = {one for one in person.ids if any(raw in whole for raw in _quoted(one))}
    if any((source, one) in person.own for one in ids | numbers):
        return Naming.THEM
    if ids | numbers and _has_account(person, around, value):
        return Naming.THEM
    namesakes = {one for one in ids if paths[one] and paths[one] <= OWN_IDS.get(source, frozenset())}
    namesakes -= {one for one in namesakes if any(raw in outside for raw in _quoted(one))}
    return Naming.AN_ID if ids - namesakes else Naming.NOTHING


def _written(word: str) -> set[bytes]:
    return {raw[1:-1] for raw in _quoted(word)} | {word.encode()}


def _quoted(id: str) -> set[bytes]:
    return {json.dumps(id, ensure_ascii=plain).encode("utf-8", "surrogatepass") for plain in (True, False)}


def _places(value: bytes, ids: Iterable[str]) -> tuple[dict[str, set[str]], set[str]]:
    """(by what paths each id stands as text in the JSON, which of them stand as a number)."""
    paths: dict[str, set[str]] = {one: set() for one in ids}
    numbers: set[str] = set()
    for path, one in _scalars(value):
        if isinstance(one, str) and one in paths:
            paths[one].add(path)
        elif isinstance(one, int) and str(one) in paths:
            numbers.add(str(one))
    return paths, numbers


def _scalars(value: bytes) -> Iterator[tuple[str, Any]]:
    """All that stands by itself in the JSON, names of fields too, each by its path; a list is no step of one."""
    try:
        waiting = [("", msgspec.json.decode(value))]
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return
    while waiting:
        path, one = waiting.pop()
        if isinstance(one, dict):
            yield from ((f"{path}.*", name) for name in one)
            waiting += [(f"{path}.{name}" if path else name, inner) for name, inner in one.items()]
        elif isinstance(one, list):
            waiting += [(path, inner) for inner in one]
        else:
            yield path, one


def _has_account(person: KnownBy, around: Iterable[bytes], value: bytes) -> bool:
    said = {one.decode("utf-8", "replace") for one in around} | {str(one) for _, one in _scalars(value)}
    return not said.isdisjoint(person.accounts)
