"""Day closes: every account's score at the last microsecond of each UTC day, with the values of all measures.

They are written before an account's first assessment on a new day, from what had occurred by the day's end.
"""

import asyncio
import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from services.health.assess import Assessment, next_instant
from services.health.assess import decode as decode_assessment
from services.health.closes import Ending, closes
from services.health.overrides import decode as decode_override
from services.health.past import People, at_day_end, day_end, same_activity
from services.health.present import HistoryRow, Present, Span
from services.health.rules import References, Rules, Subject
from services.health.store import events, grid, scores
from shared.clock import to_us
from shared.database import Reading
from shared.facts import Event, Facts, decode
from shared.facts.reach import newest_told

TOGETHER = 10
"""Accounts closed side by side: a few milliseconds' worth. Then whoever shares the loop has a turn."""

MOST_DAYS = 180
"""How many missing days are closed; what lies before them stays without a close."""


@dataclass
class Past:
    """An account whose days `first` and after are to be closed: what stands, the facts it was last assessed on, those
    known now, and what is needed to part them at a day's end."""

    before: Present
    first: int
    assessed: Facts
    known: Facts
    things: Facts
    telling: list[Event] = field(default_factory=list)
    people: People = ()

    @property
    def account(self) -> int:
        return self.before.account_id

    def ending(self, rules: Rules, day: int) -> Ending:
        """The account at the end of `day`."""
        facts = self.at(day)
        return Ending(self.account, facts, [decode_override(self.before.override)], self.stands(rules, facts, day))

    def at(self, day: int) -> Facts:
        """The facts at the end of `day`: those assessed, where nothing that came since had occurred by then."""
        end, same = day_end(day), same_activity(self.assessed, self.known, day)
        if same and self.things is self.assessed and not any(event.occurred_at <= end for event in self.telling):
            return self.assessed
        return at_day_end(self.things, self.telling, self.assessed if same else self.known, self.people, day)

    def stands(self, rules: Rules, facts: Facts, day: int) -> Assessment | None:
        """What stands, where it is of these facts and its model says at the end of `day` what it said when it was made:
        but for the peers, whose reference may have come later. None while something is or was silent."""
        if facts is not self.assessed or rules.silence.since:
            return None
        then = decode_assessment(self.before.assessment)
        model = rules.models.get(then.model)
        if model is None or then.stale:
            return None
        end = day_end(day)
        moves = to_us(self.before.next_due) <= end and next_instant(model, facts, to_us(self.before.assessed_at)) <= end
        return None if moves else then


async def first_open(reading: Reading, today: int) -> int:
    """The first day that is not closed for all accounts, MOST_DAYS before `today` at the earliest; `today` itself where
    all that are over are closed."""
    newest = await grid.newest_day(reading, today)
    if newest == today - 1:
        return today
    least = await scores.least_closed(reading)
    first = today - 1 if least is None else min(least + 1, today - 1)
    return max(first, first if newest is None else newest + 1, today - MOST_DAYS)


async def close_missing(
    reading: Reading, rules: Rules, subjects: Sequence[Subject], through: int, now: dt.datetime
) -> list[HistoryRow]:
    """The closes that the subjects lack, up to the day `through`, each against the peers of the day before it."""
    behind = [s for s in subjects if s.before is not None and s.before.closed_through < through]
    if not behind:
        return []
    assessed = await scores.facts_assessed(reading, [subject.account for subject in behind])
    serving: dict[int, References] = {}
    rows = []
    for some in _together(behind):
        pasts = await _pasts(reading, some, assessed, through)
        for day in range(min(past.first for past in pasts), through + 1):
            if day not in serving:
                serving[day] = await grid.serving(reading, day)
            endings = [past.ending(rules, day) for past in pasts if past.first <= day]
            rows += closes(rules, endings, serving[day], day, now)
        await asyncio.sleep(0)
    return rows


def _together(behind: Sequence[Subject]) -> Iterator[Sequence[Subject]]:
    """Those of whom events have to be read all at once; of the others, few enough that their facts stay at hand."""
    silent = [subject for subject in behind if subject.aged_only]
    if len(silent) < len(behind):
        yield [subject for subject in behind if not subject.aged_only]
    for start in range(0, len(silent), TOGETHER):
        yield silent[start : start + TOGETHER]


async def _pasts(
    reading: Reading, subjects: Sequence[Subject], assessed: Mapping[int, bytes], through: int
) -> list[Past]:
    pasts, spans, shown = [], [], []
    for subject in subjects:
        assert subject.before is not None
        old = decode(assessed[subject.account])
        new = old if subject.aged_only else decode(subject.facts)
        first = max(subject.before.closed_through + 1, through - MOST_DAYS + 1)
        ahead = newest_told(old) > day_end(first)  # stamped ahead of our clock: what it replaced is in the events
        pasts.append(Past(subject.before, first, old, new, Facts() if ahead else old))
        if ahead or not subject.aged_only:
            spans.append(Span(subject.account, 0 if ahead else subject.before.facts_version, subject.version))
        if not (same_activity(old, new, first) and same_activity(old, new, through)):
            shown.append(subject.account)
    return await _complete(reading, pasts, spans, shown)


async def _complete(reading: Reading, pasts: list[Past], spans: Sequence[Span], shown: Sequence[int]) -> list[Past]:
    telling = await events.telling_events(reading, spans) if spans else {}
    people = await events.people(reading, shown) if shown else {}
    for past in pasts:
        past.telling = telling.get(past.account, [])
        past.people = people.get(past.account, ())
    return pasts
