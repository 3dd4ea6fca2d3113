"""Things that can change keep the greatest stamp: the event's time, its source's sequence, its id."""

from collections.abc import Callable
from typing import Any, Protocol, TypeVar

from shared.clock import DAY_US, to_us
from shared.facts import MOST_ITEMS, DayCounts, Event, Facts, Stamp

Rule = Callable[[Facts, Event], None]
"""What an event of a type does to the facts, in place."""


class HasStamp(Protocol):
    """A thing with the stamp of the event that said it."""

    @property
    def stamp(self) -> Stamp: ...


Item = TypeVar("Item", bound=HasStamp)


def stamp(event: Event) -> tuple[int, int, bytes]:
    return (event.occurred_at, event.sequence, event.id)


def us(at: Any) -> int | None:
    return None if at is None else to_us(at)


def newer(known: Item | None, item: Item) -> Item:
    """The one with the greater stamp."""
    return item if known is None or known.stamp < item.stamp else known


def put(items: dict[str, Item], key: str, item: Item, most: int = MOST_ITEMS) -> None:
    """Keeps the newer of two states of a thing, and the `most` things that are the newest."""
    known = items.get(key)
    if known is not None and known.stamp >= item.stamp:
        return
    items[key] = item
    if len(items) > most:
        del items[min(items, key=lambda name: items[name].stamp)]


def put_first(items: dict[str, Any], key: str, item: Any, most: int) -> None:
    """Keeps a thing, and the `most` that are the first by name: what is dropped never comes back, so nothing of a
    thing that adds up is lost on the way."""
    items[key] = item
    if len(items) > most:
        del items[max(items)]


def count(facts: Facts, event: Event, name: str, number: int) -> None:
    """Adds to what is counted under a name on the UTC day of the event."""
    days, day = facts.own_record().days, event.occurred_at // DAY_US
    days[name] = days.get(name, DayCounts(day)).plus(day, number)
