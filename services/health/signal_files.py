"""Signals as files: what must hold, over which window, how severe it is from which degree on, and when it may be
noticed again. A file reads a measure, the score, or a detector of services/health/detectors."""

import json
import operator
from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, TypeVar
from zlib import crc32

from pydantic import Field, model_validator

from services.health import words
from services.health.curves import Part
from services.health.detectors import DETECTORS
from services.health.detectors.finding import Finding, Scope
from services.health.measures import MEASURES
from services.health.model import Watched
from services.health.plan import reading
from services.health.shipped import documents, parsed
from services.health.silence import Silence
from shared.clock import DAY_US
from shared.facts import Facts

SCORE = "score"
"""What stands for the score where a measure is named."""

Severity = Literal["info", "warning", "critical"]
SEVERITIES: tuple[Severity, ...] = ("info", "warning", "critical")
Op = Literal[">=", ">", "<=", "<"]
_HOLDS: Mapping[Op, Callable[[float, float], bool]] = {
    ">=": operator.ge, ">": operator.gt, "<=": operator.le, "<": operator.lt,
}  # fmt: skip

Value = Callable[[Facts, float | None, int], float | None]
"""(facts, score, now) → the value, or None where nothing is known."""

Find = Callable[[Facts, float | None, int], Iterable[Finding]]

T = TypeVar("T")


class Level(Part):
    """How severe it is from a value on."""

    op: Op
    value: float
    severity: Severity


class Read(Part):
    """A measure with its params, the score, or a field of the account that must be told and not be false."""

    measure: str | None = Field(None, description="a measure, or `score`")
    field: str | None = Field(None, description="an attribute of the account, as account.updated names it")
    params: dict[str, Any] = Field(default_factory=dict)
    whole_days: bool = Field(False, description="by the UTC days that are over, as of the end of yesterday")

    @model_validator(mode="after")
    def _reads_one_thing(self) -> "Read":
        if (self.measure is None) == (self.field is None):
            raise ValueError("it reads a measure or a field")
        if self.measure not in {None, SCORE}:
            Watched(measure=self.measure or "", params=self.params)
        return self

    @property
    def value(self) -> Value:
        """The value as a function."""
        if self.field is not None:
            name = self.field
            return lambda facts, score, now: float(bool(facts.field(name)))
        if self.measure == SCORE:
            return lambda facts, score, now: score
        watched = Watched(measure=self.measure or "", params=self.params)
        read = reading(watched.told, watched.settings)
        if self.whole_days:
            return lambda facts, score, now: read(facts, now // DAY_US * DAY_US - 1)
        return lambda facts, score, now: read(facts, now)


class Also(Read):
    """Something else that must hold beside it; it does not where nothing is known."""

    op: Op = ">="
    bound: float = 1


class SignalFile(Part):
    """A kind of signal. It is noticed when it begins to hold, again at a higher severity, and anew only after it has
    not held for `rearm_days` UTC days."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    label: str
    side: Literal["risk", "expansion"]
    source: str = Field(description="where it and its numbers come from, and what of them is ours")
    reads: Read | None = None
    detector: str | None = None
    params: dict[str, Any] = Field(default_factory=dict, description="of the detector")
    swing: Literal["down", "up"] | None = Field(
        None, description="the score against the greatest, or the least, of the window"
    )
    window_days: int | None = Field(None, ge=1, le=3650, description="UTC days that it looks back, or ahead")
    levels: tuple[Level, ...] = Field(min_length=1, max_length=3, description="from the least severe on")
    also: tuple[Also, ...] = ()
    rearm_days: int = Field(ge=0, le=365)
    is_request: bool = Field(False, description="somebody asks for something: it is told even with a first score")

    @model_validator(mode="after")
    def _can_be_noticed(self) -> "SignalFile":
        if [self.reads, self.detector, self.swing].count(None) != 2:
            raise ValueError("it reads a measure, or a detector, or the swing of the score: exactly one of them")
        ranks = [SEVERITIES.index(level.severity) for level in self.levels]
        if ranks != sorted(set(ranks)):
            raise ValueError("levels are listed from the least severe on, each severity once")
        self._check_detector()
        self._check_window()
        return self

    def _check_window(self) -> None:
        takes_days = self.reads is not None and "days" in _params_of(self.reads)
        detector = DETECTORS.get(self.detector or "")
        looks = takes_days or self.swing is not None or (detector is not None and detector.has_window)
        if looks != (self.window_days is not None):
            raise ValueError("a window belongs to a swing, a detector or a measure that looks at days (ERR-6)")
        if takes_days and self.reads is not None:
            Watched(measure=self.reads.measure or "", params={**self.reads.params, "days": self.window_days})

    def _check_detector(self) -> None:
        if self.detector is None:
            known: Mapping[str, Any] = {}
        elif self.detector not in DETECTORS:
            raise ValueError(f"there is no detector {self.detector!r}; there are {', '.join(sorted(DETECTORS))}")
        else:
            known = DETECTORS[self.detector].params
        if unknown := self.params.keys() - known.keys():
            raise ValueError(f"it does not know {', '.join(sorted(unknown))}")

    # --- ready to be used -------------------------------------------------------------------------

    @cached_property
    def digest(self) -> int:
        """A number that is another one once the file says something else."""
        return crc32(json.dumps(self.model_dump(mode="json"), sort_keys=True).encode())

    @cached_property
    def reads_score(self) -> bool:
        """Whether it can begin or end because the score moved."""
        read = [self.reads, *self.also]
        return self.swing is not None or any(one is not None and one.measure == SCORE for one in read)

    @cached_property
    def told_by(self) -> frozenset[str]:
        """The types of events that its measure or detector reads: while nobody tells them, it stays as last told."""
        if self.detector is not None:
            return DETECTORS[self.detector].reads
        return MEASURES[self.reads.measure].reads if self.reads and self.reads.measure in MEASURES else frozenset()

    def until(self, silence: Silence, now: int) -> int:
        """Up to when (µs) is known what it reads, `now` at the latest."""
        heard = silence.until(self.told_by) if silence.since else None
        return now if heard is None else min(now, heard)

    @cached_property
    def degree(self) -> Value | None:
        """What the levels grade, where the file reads a measure, the score or a field: None unless all else holds. None
        itself for a detector, which may find several things, and for a swing, which needs the past."""
        return None if self.reads is None else self._where_all_holds(self.value, None)

    @cached_property
    def value(self) -> Value:
        """The same, whatever else holds. Nothing for a detector or a swing."""
        return (lambda facts, score, now: None) if self.reads is None else self._read.value

    @cached_property
    def what(self) -> str:
        """A text that is the same for files whose `value` is."""
        return "" if self.reads is None else self._read.model_dump_json()

    def told(self, degree: float) -> Finding:
        """A degree in words."""
        name = self._read.measure or self._read.field or ""
        return Finding("", degree, f"{self.label}: {self._spoken(degree)}", measures={name: degree})

    @cached_property
    def find(self) -> Find:
        """What the detector finds, without the levels: `severity` grades it. Nothing for a swing."""
        return self._where_all_holds(self._of_detector(), ())

    def all_else_holds(self, facts: Facts, score: float | None, now: int) -> bool:
        """Whether what must hold beside it does."""
        for value, holds, bound in self._tests:
            known = value(facts, score, now)
            if known is None or not holds(known, bound):
                return False
        return True

    @cached_property
    def looks_at(self) -> Callable[[Facts], object]:
        """The part of the facts without which its detector finds nothing."""
        return DETECTORS[self.detector].looks_at if self.detector else lambda facts: facts

    def _where_all_holds(self, told: Callable[[Facts, float | None, int], T], nothing: T) -> Callable[..., T]:
        holds = self.all_else_holds
        if not self.also:
            return told
        return lambda facts, score, now: told(facts, score, now) if holds(facts, score, now) else nothing

    @cached_property
    def _tests(self) -> list[tuple[Value, Callable[[float, float], bool], float]]:
        return [(one.value, _HOLDS[one.op], one.bound) for one in self.also]

    def severity(self, degree: float) -> int | None:
        """The rank in SEVERITIES of the highest level that a degree reaches; None for none."""
        for rank, holds, value in self._falling:
            if holds(degree, value):
                return rank
        return None

    @cached_property
    def _falling(self) -> list[tuple[int, Callable[[float, float], bool], float]]:
        return [(SEVERITIES.index(level.severity), _HOLDS[level.op], level.value) for level in reversed(self.levels)]

    @cached_property
    def _read(self) -> Read:
        """What it reads, over its own window."""
        assert self.reads is not None
        days = {} if self.window_days is None else {"days": self.window_days}
        return self.reads.model_copy(update={"params": {**self.reads.params, **days}})

    @cached_property
    def _spoken(self) -> Callable[[float], str]:
        return _speaker(self._read)

    def _of_detector(self) -> Find:
        if self.detector is None:
            return lambda facts, score, now: ()
        detector = DETECTORS[self.detector]
        scope, find = Scope(self.window_days or 0, {**detector.params, **self.params}), detector.find
        looks_at = detector.looks_at
        return lambda facts, score, now: find(facts, now, scope) if looks_at(facts) else ()


def _params_of(read: Read) -> Mapping[str, Any]:
    return MEASURES[read.measure].params if read.measure in MEASURES else {}


def _speaker(read: Read) -> Callable[[float], str]:
    if read.measure in {None, SCORE}:
        return lambda value: f"{value:g}"
    watched = Watched(measure=read.measure or "", params=read.params)
    return lambda value: words.spoken(watched, value)


def load_signals(config_dir: Path | None = None) -> dict[str, SignalFile]:
    """All kinds of signals by name: the shipped ones, overlaid by `signals/*.yaml` of `config_dir`."""
    loaded = (parsed(SignalFile, where, document) for where, document in documents("signals", config_dir))
    return {one.name: one for one in loaded}
