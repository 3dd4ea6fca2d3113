"""Filters of ids: what is in no filter was never seen; what is in one may have been. Pure.

A filter is one field of 64 bits for every two or three ids; an id sets five bits of one field. Of ids that are not in
it, about one in a thousand seems to be.
"""

from collections.abc import Hashable, Iterator, Mapping
from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

ID = 16
"""Bytes of an id."""
_BITS_AN_ID = 24
_BITS_SET = 5
Words = NDArray[np.uint64]
Name = TypeVar("Name", bound=Hashable)
_MIX = (np.uint64(0x9E3779B97F4A7C15), np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB))
_HALF, _SIX, _ONE = np.uint64(32), np.uint64(63), np.uint64(1)


class Marks(NamedTuple):
    """Where in a filter each id is to be found: a number that chooses the field, and bits of it."""

    places: Words
    bits: Words


def marks(ids: bytes) -> Marks:
    """The marks of ids that lie side by side."""
    halves = np.frombuffer(ids, np.uint64).reshape(-1, 2)
    mixed = halves[:, 0] ^ (halves[:, 1] * _MIX[0])
    for factor in _MIX[1:]:
        mixed = (mixed ^ (mixed >> _HALF)) * factor
    mixed ^= mixed >> _HALF
    bits = np.zeros_like(mixed)
    for n in range(_BITS_SET):
        bits |= _ONE << ((mixed >> np.uint64(6 * n)) & _SIX)
    return Marks(mixed >> _HALF, bits)


def empty(ids: int) -> Words:
    """A filter for so many ids."""
    return np.zeros(ids * _BITS_AN_ID // 64 + 1, np.uint64)


def add(words: Words, ids: bytes) -> None:
    """Adds ids that lie side by side."""
    places, bits = marks(ids)
    np.bitwise_or.at(words, _fields(words, places), bits)


def maybe(held: Mapping[Name, Words], ids: bytes) -> Iterator[tuple[Name, list[int]]]:
    """(filter, which of the ids may be in it, by their places), for each that may have some."""
    places, bits = marks(ids)
    for name, words in held.items():
        found = np.flatnonzero((words[_fields(words, places)] & bits) == bits)
        if found.size:
            yield name, found.tolist()


def _fields(words: Words, places: Words) -> NDArray[np.intp]:
    return ((places * np.uint64(words.size)) >> _HALF).astype(np.intp)
