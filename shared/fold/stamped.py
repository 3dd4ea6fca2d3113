"""Things that can change keep the greatest stamp: the event's time, its source's sequence, its id."""

from collections.abc import Callable
from typing import Any, Protocol, TypeVar

from shared.clock import to_us
from shared.facts import MOST_ITEMS, Event, Facts, Stamp

Rule = Callable[[Facts, Event], None]
"""What an event of a type does to the facts, in place."""


class Stamped(Protocol):
    """A thing with the stamp of the event that said it."""

    @property
    def stamp(self) -> Stamp: ...


Item = TypeVar("Item", bound=Stamped)


def stamp(event: Event) -> tuple[int, int, bytes]:
    return (event.occurred_at, event.sequence, event.id)


def us(at: Any) -> int | None:
    return None if at is None else to_us(at)


def put(items: dict[str, Item], key: str, item: Item) -> None:
    known = items.get(key)
    if known is not None and known.stamp >= item.stamp:
        return
    items[key] = item
    if len(items) > MOST_ITEMS:
        del items[min(items, key=lambda name: items[name].stamp)]
