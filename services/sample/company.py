"""The sample company: a seeded simulator that knows the truth.

`simulate` draws the cast and its fate; `history` tells 180 days of it as native events, `live` goes on for
ever in the same rhythm, and `truth` says who left and why, so that scores can be judged against it.
"""

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from random import Random

from services.sample.archetypes import CORE_FEATURES
from services.sample.cast import cast
from services.sample.diary import BLOCK_DAYS, DAY_S, MOST_LATE_DAYS, Diary, Entry, Native
from services.sample.fate import Fate, draw
from services.sample.money import money
from services.sample.product import product
from services.sample.relations import relations
from services.sample.roster import Stay, comings_and_goings, roster
from services.sample.support import support
from services.sample.usage import action_by_action, acts_of, usage
from services.sample.value import value
from services.sample.visits import visits
from shared.clock import UTC

FORESIGHT_DAYS = 400
"""Days after the history that are planned; later ones keep the last planned mood."""


@dataclass(frozen=True)
class AccountTruth:
    """What nobody can see of an account: how its story goes."""

    account: str
    name: str
    segment: str
    archetype: str
    churned_at: dt.datetime | None
    """When its subscription ended, within the history."""
    hazard: float
    """Chance to decide to leave, on the history's last day or the day it decided."""
    silent: bool
    """Left without a sign."""
    reasons: tuple[str, ...]


def _as_it_is(entry: Entry) -> Iterator[Entry]:
    yield entry


@dataclass(frozen=True)
class Company:
    """A base of accounts, its past and its future. Everything follows from its fields."""

    seed: int
    days: int
    until: dt.datetime
    fates: tuple[Fate, ...]
    rosters: tuple[tuple[Stay, ...], ...]

    @property
    def origin(self) -> int:
        """First instant of the history's first day, which is a whole UTC day; seconds since 1970."""
        return (int(self.until.timestamp()) // DAY_S - self.days) * DAY_S

    def history(self) -> Iterator[Native]:
        """Native events from the first day to `until`, in time order; about one a person and working day."""
        last = int(self.until.timestamp())
        for at, _, event in self._entries(0):
            if at > last:
                return
            yield event

    def extended(self, until: dt.datetime) -> "Company":
        """The same company with a history that ends later, at `until`: how it lived on while nobody looked."""
        passed = int(until.timestamp()) // DAY_S - int(self.until.timestamp()) // DAY_S
        return replace(self, until=until, days=self.days + passed)

    def live(self, start: dt.datetime) -> Iterator[tuple[dt.datetime, Native]]:
        """What happens after `start`, in time order and without end; usage action by action.

        From `until` on it joins the history without a gap and without telling anything twice.
        """
        first = int(start.timestamp())
        day = (first - self.origin) // DAY_S
        block = max(day - MOST_LATE_DAYS, 0) // BLOCK_DAYS * BLOCK_DAYS
        for at, _, event in self._entries(block, day, self._as_it_happens):
            if at > first:
                yield dt.datetime.fromtimestamp(at, UTC), event

    @property
    def truth(self) -> list[AccountTruth]:
        """One line an account, in the order of their keys."""
        return [self._truth(fate) for fate in self.fates]

    @property
    def heroes(self) -> list[Fate]:
        """Accounts that are friendly and hardly use the product: a slide from green is at hand."""
        return [fate for fate in self.fates if fate.account.archetype.name == "watermelon"]

    def _entries(
        self, first: int, usage_from: int = 0, tell: Callable[[Entry], Iterator[Entry]] = _as_it_is
    ) -> Iterator[Entry]:
        """All entries of the blocks from day `first` on, in time order; usage only from day `usage_from` on."""
        waiting: list[Entry] = []
        while True:
            with_usage = first + BLOCK_DAYS > usage_from
            for fate, stays in zip(self.fates, self.rosters, strict=True):
                for entry in self._block(fate, stays, first, with_usage):
                    waiting += tell(entry)
            waiting.sort(key=lambda entry: entry[:2])
            first += BLOCK_DAYS
            end = self.origin + first * DAY_S
            yield from (entry for entry in waiting if entry[0] < end)
            waiting = [entry for entry in waiting if entry[0] >= end]

    def _as_it_happens(self, entry: Entry) -> Iterator[Entry]:
        of_history = entry[0] <= self.until.timestamp()
        if entry[2]["type"] != "usage.recorded" or of_history or entry[2]["data"]["actions"] == 1:
            return iter((entry,))
        return action_by_action(entry)

    def _block(self, fate: Fate, stays: Sequence[Stay], first: int, with_usage: bool) -> Iterator[Entry]:
        if first >= fate.left + BLOCK_DAYS or first + BLOCK_DAYS <= fate.joined:
            return
        chapters: tuple[tuple[str, Callable[[Diary], None]], ...] = (
            ("p", lambda diary: comings_and_goings(diary, stays)),
            ("r", lambda diary: relations(diary, stays)),
            ("m", lambda diary: money(diary, self.seed)),
            ("s", support),
            ("c", lambda diary: product(diary, stays)),
            ("v", value),
        )
        for letter, write in chapters:
            name = f"{self.seed}.{fate.account.key}.{letter}{first}"
            diary = Diary(fate, self.origin, first, name, Random(name))
            write(diary)
            yield from diary.entries
        if with_usage:
            acts = acts_of(fate, stays, self.origin, first, self.seed)
            yield from usage(fate, stays, acts, first, self.seed)
            yield from visits(fate, stays, acts, first, self.seed)

    def _truth(self, fate: Fate) -> AccountTruth:
        account, left = fate.account, self.origin + fate.left * DAY_S
        gone = left <= self.until.timestamp()
        return AccountTruth(
            account=account.key,
            name=account.name,
            segment=account.touch.name,
            archetype=account.archetype.name,
            churned_at=dt.datetime.fromtimestamp(left + 1800, UTC) if gone else None,
            hazard=float(fate.hazard[min(fate.decided, self.days, len(fate.hazard) - 1)]),
            silent=gone and fate.silent,
            reasons=account.archetype.reasons if gone else (),
        )


def simulate(*, until: dt.datetime, accounts: int = 200, days: int = 180, seed: int = 7) -> Company:
    """The company whose history ends at `until` (aware). The same arguments give the same events, to the byte."""
    people = cast(accounts, seed, CORE_FEATURES)
    fates = draw(people, days, days + FORESIGHT_DAYS, seed)
    return Company(seed, days, until, tuple(fates), tuple(tuple(roster(fate, seed)) for fate in fates))
