"""Columns: what every day's close records. Each measure with the params that anybody asks it with, in one order that
only ever grows, so that a model that is drafted later can be scored on days that are past."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

from services.health.measures import MEASURES
from services.health.measures.measure import Measure, check_param
from services.health.plan import Read, reading
from services.health.silence import NO_SILENCE, Silence
from shared.facts import Facts

VALID_DAYS = "valid_days"
"""The param that says after how many days the newest evidence is stale; any measure with `latest` takes it."""

NOTHING_KNOWN: Mapping[int, Sequence[float | None]] = {}


class Column(NamedTuple):
    """A measure and its params, all of them, as canonical JSON."""

    measure: str
    params: str

    @property
    def key(self) -> str:
        """What people and references call it: the measure, and those params that are not its own."""
        own, given = MEASURES[self.measure].params, json.loads(self.params)
        other = {name: value for name, value in given.items() if name not in own or list_or(own[name]) != value}
        return f"{self.measure} {canonical(other)}" if other else self.measure

    @property
    def read(self) -> Read:
        """The function that reads it from the facts."""
        given: dict[str, Any] = json.loads(self.params)
        return reading(MEASURES[self.measure], given, given.pop(VALID_DAYS, None))


def list_or(value: Any) -> Any:
    """A default as JSON has it."""
    return list(value) if isinstance(value, tuple) else value


def canonical(params: Mapping[str, Any]) -> str:
    """Params as JSON; equal ones are equal texts."""
    return json.dumps(params, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def column(measure: str, settings: Mapping[str, Any], valid_days: int | None = None) -> Column:
    """The column of a measure with all its params."""
    stale = {} if valid_days is None else {VALID_DAYS: valid_days}
    return Column(measure, canonical({**settings, **stale}))


def registered() -> Iterator[Column]:
    """Every measure by its own params, where these suffice."""
    for measure in MEASURES.values():
        if _suffices(measure):
            yield column(measure.name, measure.params)


def _suffices(measure: Measure) -> bool:
    try:
        for name, value in measure.params.items():
            check_param(name, value, measure)
    except ValueError:
        return False
    return True


@dataclass(frozen=True)
class Columns:
    """All columns in their order; `values[i]` of a close belongs to column i. A close that was written when there were
    fewer has fewer values."""

    all: tuple[Column, ...] = ()

    @cached_property
    def keys(self) -> tuple[str, ...]:
        """What the columns are called; columns of measures that are no more by their measure."""
        return tuple(one.key if one.measure in MEASURES else one.measure for one in self.all)

    @cached_property
    def _reads(self) -> tuple[Read, ...]:
        return tuple(one.read if one.measure in MEASURES else _nothing for one in self.all)

    def values(self, facts: Facts, now: int, silence: Silence = NO_SILENCE) -> list[float | None]:
        """The value of every column at `now` (µs); of what is stale as of when its source was last heard."""
        return [read(facts, until) for read, until in zip(self._reads, self._untils(now, silence), strict=True)]

    def rows(
        self, all_: Sequence[Facts], now: int, silence: Silence = NO_SILENCE, *,
        known: Mapping[int, Sequence[float | None]] = NOTHING_KNOWN,
    ) -> list[list[float | None]]:  # fmt: skip
        """The same of several accounts, each a row. `known`: columns that need not be read, by their places.

        Read column after column: an interpreter that stays with one measure takes two thirds of the time."""
        columns = [
            known[i] if i in known else [read(facts, until) for facts in all_]
            for i, (read, until) in enumerate(zip(self._reads, self._untils(now, silence), strict=True))
        ]
        return list(map(list, zip(*columns, strict=True))) if columns else [[] for _ in all_]

    def _untils(self, now: int, silence: Silence) -> list[int]:
        """Up to when each column is read."""
        if not silence.since:
            return [now] * len(self.all)
        heard = (silence.until(MEASURES[one.measure].reads) if one.measure in MEASURES else None for one in self.all)
        return [min(until or now, now) for until in heard]

    def missing(self, wanted: Iterable[Column]) -> list[Column]:
        """Those of `wanted` that are not there yet, each once, in their order."""
        return [one for one in dict.fromkeys(wanted) if one not in self.places]

    @cached_property
    def places(self) -> Mapping[Column, int]:
        """Column → its place."""
        return {one: i for i, one in enumerate(self.all)}

    def named(self, values: Sequence[float | None]) -> dict[str, float | None]:
        """A close's values by what their columns are called."""
        return dict(zip(self.keys, values, strict=False))


def _nothing(facts: Facts, now: int) -> None:
    return None
