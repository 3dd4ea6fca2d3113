"""Somebody who watches one account: facts and scores are shown to them, they say what they noticed."""

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

from services.health.assess import Assessment
from services.health.gathering import gathered
from services.health.model import load_models
from services.health.place import Place
from services.health.present import Present
from services.health.rules import Judged, Rules, Subject
from services.health.signals import Signal
from services.health.silence import NO_SILENCE
from services.health.swings import Extremes
from services.health.watched import Signals
from services.health.watching import holding, look, looked_at, notice
from shared.clock import DAY_US, from_us
from shared.facts import Facts, decode, encode
from tests.health.stories import NOON

ALL = Rules.of(gathered(None)).signals
HM2 = load_models()["hm-2"]


PLACE = Place(None, "smb", "adoption", from_us(NOON), None, 0, 0)


def only(*names: str) -> Signals:
    """Those of the shipped signals."""
    return Signals.of(file for file in ALL.files if file.name in names)


class Watcher:
    """Watches with the given signals. The first thing that is shown is a first score, unless it is said otherwise."""

    def __init__(self, signals: Signals = ALL, *, fresh: bool = False) -> None:
        self.signals = signals
        self.silence = NO_SILENCE
        self.before: Present | None = None
        self.scores: list[tuple[int, int]] = []
        if not fresh:
            self.shown(Facts(), at=NOON - 400 * DAY_US)

    def shown(
        self, facts: Facts, score: int | None = 70, *, at: int = NOON, imported: bool = False, model: str = "hm-2@1"
    ) -> list[Signal]:
        """What is noticed."""
        now, number = from_us(at), self.before.facts_version + 1 if self.before else 1
        after = Assessment(model, "low_touch", score, score and score * 1_000_000, 10_000, "stable", [], None, 0, 0)
        stored = encode(facts)
        one = Judged(Subject(7, self.before, stored, number, imported), decode(stored), HM2, after, True, PLACE, False)
        found = looked_at([one for one in [look(self.signals, one, now)] if one is not None], self.silence, now)
        noticed = notice(found[0], now, self._extremes(score, at) if found[0].asks else {}) if found else None
        if score is not None:
            self.scores.append((at, score))
        self.before = self._present(one, now, noticed.watch if noticed else None)
        return list(noticed.signals) if noticed else []

    @property
    def holding(self) -> set[tuple[str, str]]:
        """(kind, about) of what holds."""
        return {(stay.kind, stay.about) for stay in holding(self.before.watch)} if self.before else set()

    def _extremes(self, score: int | None, at: int) -> Mapping[int, Extremes]:
        since = {days: (at // DAY_US - days + 1) * DAY_US for days in self.signals.windows}
        return {days: _of([s for t, s in self.scores if t >= first], score) for days, first in since.items()}

    def _present(self, one: Judged, now: dt.datetime, watch: bytes | None) -> Present:
        midnight = now.replace(hour=0, minute=0, second=0, microsecond=0) + dt.timedelta(1)
        stands = self.before.watch if self.before else b""
        known: dict[str, Any] = dict.fromkeys(Present._fields)
        known |= {"model": one.after.model, "segment": one.after.segment, "score": one.after.score}
        known |= {"facts_version": one.subject.version, "assessed_at": now, "next_due": midnight}
        return Present(**{**known, "watch": stands if watch is None else watch})


def _of(scores: list[int], score: int | None) -> Extremes:
    known = scores if score is None else [*scores, score]
    return Extremes(min(known, default=100), max(known, default=0))


def told(signals: Iterable[Signal]) -> list[tuple[str, str]]:
    """(kind, severity) of each."""
    return [(signal.kind, signal.severity) for signal in signals]
