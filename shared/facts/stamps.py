"""What can change carries the stamp of the event that said it; the greatest wins."""

import msgspec

Stamp = tuple[int, int, bytes]
"""When it happened (µs), its source's sequence, the event's id: the greatest wins."""


class Stamped(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A thing as one event told it."""

    at: int
    sequence: int
    event: bytes

    @property
    def stamp(self) -> Stamp:
        return (self.at, self.sequence, self.event)


class Said(Stamped, frozen=True, array_like=True):
    """One attribute of one thing."""

    value: str | int | bool | None


class Pieced(Stamped, frozen=True, array_like=True):
    """A thing of which each event tells only some attributes. Its own stamp is that of the newest event.

    `told`: which event each attribute is from, as (stamp, names in order), the newest first. An attribute that was
    never told is not in it and has its default. None: one event told all attributes.
    """

    told: list[tuple[Stamp, list[str]]] | None = None
