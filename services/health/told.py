"""Whether anything was told of an account beside activity, from its facts as bytes. Pure."""

from zlib import crc32

import msgspec

from shared.facts import Facts

_encode = msgspec.msgpack.Encoder().encode
_MOVING = ("newest_day", "active_people", "last_active", "actions", "features", "last_seen", "events")
_FIRST = Facts.__struct_fields__.index(_MOVING[0])
assert Facts.__struct_fields__[_FIRST : _FIRST + len(_MOVING)] == _MOVING, "what activity changes lies side by side"


def told_of(facts: Facts, stored: bytes) -> int:
    """A number that stands for all that the facts say beside activity; `stored` are the same facts encoded. Equal facts
    have equal numbers, and different ones hardly ever."""
    moving = _encode(
        (
            facts.newest_day, facts.active_people, facts.last_active, facts.actions, facts.features, facts.last_seen,
            facts.events,
        )
    )[1:]  # fmt: skip
    begins = stored.find(moving)
    return crc32(stored[begins + len(moving) :], crc32(stored[:begins])) if begins >= 0 else crc32(stored)
