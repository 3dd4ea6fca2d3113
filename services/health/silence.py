"""Silence of sources: what a source told is stale while it is silent for longer than it usually is. Pure.

A measure is stale while nobody is heard who tells of anything that it reads. It is then read as of the instant at which
its source was last heard: no news is neither good nor bad.
"""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from shared.clock import to_us
from shared.freshness import is_quiet


class Quiet(NamedTuple):
    """From when on a silence counts: so many times what is usual, and at least so long."""

    factor: float = 2.0
    least: dt.timedelta = dt.timedelta(hours=1)


class Teller(NamedTuple):
    """A source and a type of event that it tells of. `usual_gap`: None before it is known what is usual."""

    source: str
    type: str
    last_received_at: dt.datetime | None
    usual_gap: dt.timedelta | None


@dataclass(frozen=True)
class Silence:
    """`since`: type of event → the instant (µs) at which those who tell of it were last heard, all of them being quiet;
    `heard`: the types that somebody tells of who is not."""

    since: Mapping[str, int] = field(default_factory=dict)
    heard: frozenset[str] = frozenset()

    def until(self, reads: frozenset[str]) -> int | None:
        """Up to when (µs) is known what a measure reads, by the types of its events; None while it is not stale."""
        silent = [self.since[type_] for type_ in reads if type_ in self.since]
        return max(silent) if silent and not reads & self.heard else None


NO_SILENCE = Silence()


def silence(tellers: Iterable[Teller], quiet: Quiet, now: dt.datetime) -> Silence:
    """What is silent at `now`. A source of which it is not known yet what is usual, like a file, is never silent."""
    since: dict[str, int] = {}
    heard = set()
    for teller in tellers:
        if _is_quiet(teller, quiet, now):
            assert teller.last_received_at is not None
            since[teller.type] = max(since.get(teller.type, 0), to_us(teller.last_received_at))
        else:
            heard.add(teller.type)
    return Silence({type_: at for type_, at in since.items() if type_ not in heard}, frozenset(heard))


def _is_quiet(teller: Teller, quiet: Quiet, now: dt.datetime) -> bool:
    return teller.usual_gap is not None and is_quiet(
        now, teller.last_received_at, teller.usual_gap, factor=quiet.factor, least=quiet.least
    )
