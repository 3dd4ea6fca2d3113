"""What of an installation does not go on at the moment, for those who operate it."""

from typing import NamedTuple

from shared import positions
from shared.clock import day_of
from shared.database import Reading


class Waits(NamedTuple):
    """A partition that waits or has stopped. `error` is what went wrong, `remedy` what to do."""

    group: str
    topic: str
    partition: int
    since: str
    error: str
    remedy: str


class Standing(NamedTuple):
    """Partitions that do not go on, and how many UTC days health has still to close before scores move again: more
    than one only after it was away, or after an import of the past."""

    waiting: list[Waits]
    days_to_close: int

    @property
    def told(self) -> dict[str, object]:
        """What `/readyz` says beside `ready`; nothing where all goes on."""
        waiting = {"waiting": [waits._asdict() for waits in self.waiting]} if self.waiting else {}
        return waiting | ({"days_to_close": self.days_to_close} if self.days_to_close > 1 else {})


async def standing(tx: Reading, now_us: int) -> Standing:
    """How the installation stands."""
    rows = await positions.troubles(tx)
    waiting = [
        Waits(r["group"], r["topic"], r["partition"], r["since"].isoformat(), r["error"], r["remedy"]) for r in rows
    ]
    return Standing(waiting, await days_to_close(tx, day_of(now_us)))


async def days_to_close(tx: Reading, today: int) -> int:
    """How many days before `today` are over and not closed for all accounts; 0 where no account has a score."""
    closed: int | None = await tx.value(
        """
        SELECT greatest((SELECT max(day) FROM grid_days WHERE day < $1), min(closed_through)) FROM scores
        HAVING count(*) > 0
        """,
        today,
    )
    return 0 if closed is None else max(today - 1 - closed, 0)
