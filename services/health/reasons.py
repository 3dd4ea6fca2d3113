"""Why scores moved, for a batch: the facts they were assessed on before, and the events in between."""

import datetime as dt
from collections.abc import Sequence

from services.health import overrides
from services.health.assess import Assessment
from services.health.assess import decode as decode_assessment
from services.health.causes import Cause
from services.health.explain import Told, UsageDay, explain
from services.health.ledger import Story
from services.health.measures.measure import first_instant
from services.health.present import Present
from services.health.rules import Judged, References, Rules, bounded
from services.health.signals import MOST_EVENTS
from services.health.store import events, record, scores
from services.health.swings import Extremes
from services.health.watching import Look, Noticed, notice
from shared.clock import from_us, to_us
from shared.database import Reading
from shared.facts import Facts, decode

ROUNDING = "rounding"


Restless = tuple[Judged, Look | Noticed | None]
"""An assessment of which there is something to tell, and what was seen of signals."""


async def stories(
    reading: Reading, rules: Rules, restless: Sequence[Restless], references: References, now: dt.datetime
) -> dict[int, Story]:
    """Why the scores moved of those whose did, what was noticed, and what was told of those that have another place, by
    account."""
    moved = [one for one, _ in restless if one.moved and one.subject.before is not None]
    olds = {one.subject.account: one.facts for one in moved if one.subject.aged_only}
    olds |= await _facts_before(reading, [one.subject.account for one in moved if not one.subject.aged_only])
    told = await _told(reading, [one for one, _ in restless if one.turns or one.subject.account in olds])
    swung = await extremes(reading, rules, [seen.one for _, seen in restless if isinstance(seen, Look)], now)
    found = {}
    for one, seen in restless:
        account, causes = one.subject.account, list[Cause]()
        some = told.get(account, [])
        if account in olds:
            causes = _all_causes(rules, one, olds[account], some, references=references, now=to_us(now))
        noticed = notice(seen, now, swung[account], _events(causes)) if isinstance(seen, Look) else seen
        found[account] = _story(causes, noticed, some)
    return found


def story_of_time(rules: Rules, one: Judged, seen: Noticed | None, references: References, now: int) -> Story:
    """The same of an account whose facts are those that were assessed before, where the history need not be asked."""
    return _story(_all_causes(rules, one, one.facts, [], references=references, now=now) if one.moved else [], seen, [])


def _story(causes: Sequence[Cause], noticed: Noticed | None, told: Sequence[Told]) -> Story:
    signals, watch = (noticed.signals, noticed.watch) if noticed else ((), None)
    return Story(causes, signals, [(event.id, event.type) for event in told], watch)


def _all_causes(
    rules: Rules, one: Judged, old: Facts, told: Sequence[Told], *, references: References, now: int
) -> list[Cause]:
    return [*override_part(one), *_causes(rules, one, old, told, references=references, now=now)]


async def extremes(
    reading: Reading, rules: Rules, asking: Sequence[Judged], now: dt.datetime
) -> dict[int, dict[int, Extremes]]:
    """Account → length of a window in days → the least and the greatest score of it, the present one among them."""
    found: dict[int, dict[int, Extremes]] = {one.subject.account: {} for one in asking}
    models = {one.subject.account: one.after.model for one in asking}
    for days in rules.signals.windows if asking else ():
        told = await record.extremes(reading, models, from_us(first_instant(to_us(now), days)))
        for one in asking:
            account, score = one.subject.account, one.computed.score
            low, high = told.get(account, (100, 0))
            found[account][days] = Extremes(min(low, 100 if score is None else score), max(high, score or 0))
    return found


def _events(causes: Sequence[Cause]) -> tuple[bytes, ...]:
    """The events behind a move, those of the heaviest causes first."""
    return tuple(bytes.fromhex(event) for cause in causes for event in cause.events)[:MOST_EVENTS]


async def _facts_before(reading: Reading, accounts: Sequence[int]) -> dict[int, Facts]:
    stored = await scores.facts_assessed(reading, accounts) if accounts else {}
    return {account: decode(facts) for account, facts in stored.items()}


async def _told(reading: Reading, moved: Sequence[Judged]) -> dict[int, list[Told]]:
    spans = [span for one in moved if one.subject.before is not None for span in one.subject.spans]
    briefs = await events.telling(reading, spans) if spans else {}
    return {
        account: [Told(brief.id.hex(), brief.type, to_us(brief.occurred_at)) for brief in some]
        for account, some in briefs.items()
    }


def _causes(
    rules: Rules, one: Judged, old: Facts, told: Sequence[Told], *, references: References, now: int
) -> list[Cause]:
    """The parts of the move, before rounding: their points add up to the change of `scores.raw`."""
    before = one.subject.before
    assert before is not None
    usage = [] if one.subject.imported or one.subject.aged_only else usage_days(old, one.facts)
    if before.model != one.after.model:
        aged = _aged(rules, one, old, references, now)
        other = other_model(before, aged)
        since = _before_rounding(explain(one.model, aged, aged, one.computed, told, usage))
        return [other, *since] if other.points else since
    then = one.then or decode_assessment(before.assessment)
    by_itself = from_us(now) >= before.next_due or then.stale or rules.silence.since
    aged = _aged(rules, one, old, references, now) if by_itself else then
    return _before_rounding(explain(one.model, then, aged, one.computed, told, usage))


def _aged(rules: Rules, one: Judged, old: Facts, references: References, now: int) -> Assessment:
    """What the facts of before are worth now."""
    if one.subject.aged_only:
        return one.computed
    return rules.assess(old, references, now, segment=one.after.segment)


def _before_rounding(causes: Sequence[Cause]) -> list[Cause]:
    return [cause for cause in causes if cause.measure != ROUNDING]


def override_part(one: Judged) -> list[Cause]:
    """The share that overrides have in the move of a score, if any."""
    before = one.subject.before
    assert before is not None
    share = overrides.part((before.raw, overrides.decode(before.override)), (bounded(one.after), one.override))
    return [share] if share else []


def other_model(before: Present, aged: Assessment) -> Cause:
    """What it makes that another model scores the account: the old facts by the new model, less the old score."""
    points = (bounded(aged) or 0) - (before.raw or 0)
    words = f"the model {aged.model} scores instead of {before.model}"
    if before.segment != aged.segment:
        words = f"{_plain(before.segment)} became {_plain(aged.segment)}: {words}"
    return Cause(measure="model", label="Health model", points=points, words=words)


def _plain(name: str) -> str:
    return name.replace("_", " ")


def usage_days(old: Facts, new: Facts) -> list[UsageDay]:
    """How much more activity `new` knows of each UTC day than `old`: actions, or people where there were none."""
    actions = _more(old, old.actions, new, new.actions)
    people = _more(old, old.active_people, new, new.active_people)
    return [UsageDay(day, actions.get(day) or people[day]) for day in sorted(actions.keys() | people.keys())]


def _more(old: Facts, before: list[int], new: Facts, after: list[int]) -> dict[int, int]:
    shift = new.newest_day - old.newest_day
    counts = {}
    for i, count in enumerate(after):
        known = before[i - shift] if 0 <= i - shift < len(before) else 0
        if count > known:
            counts[new.newest_day - i] = count - known
    return counts
