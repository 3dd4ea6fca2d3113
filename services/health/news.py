"""What is news in a change, where some of it is history that was imported at the same time.

Events fold in any order, so the history is folded first, and set aside as what was known before; what is live is then a
change of that. Activity counts as history, as it is not told apart by version.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from services.health.past import with_activity_of
from services.health.present import Span
from services.health.rules import Subject
from services.health.store import events, imports, scores
from shared.database import Reading
from shared.facts import Facts, decode, encode
from shared.fold import fold


class Parted(NamedTuple):
    """Subjects by what is new in them. `first` are those of which history was imported, without what is live beside it;
    `then` is that, to be judged against what stands after `first`; `live` are all others."""

    first: Sequence[Subject]
    then: Sequence[Subject]
    live: Sequence[Subject]


async def part(reading: Reading, subjects: Sequence[Subject]) -> Parted:
    """The subjects, parted."""
    if not subjects:
        return Parted((), (), ())
    imported = await imports.within(reading, [_span(subject) for subject in subjects])
    whole, mixed, live = [], [], []
    for subject in subjects:
        runs = imported.get(subject.account)
        if not runs:
            live.append(subject)
        elif _length(runs) == _length([_span(subject)]):
            whole.append(subject._replace(imported=True))
        else:
            mixed.append(subject)
    first = await _history_of(reading, mixed, imported)
    then = [s._replace(told=tuple(_without(_span(s), imported[s.account]))) for s in mixed]
    return Parted([*whole, *first], then, live)


async def _history_of(
    reading: Reading, mixed: Sequence[Subject], imported: Mapping[int, Sequence[Span]]
) -> list[Subject]:
    """What the subjects would be without what is live, as of a version before theirs."""
    if not mixed:
        return []
    before = await scores.facts_assessed(reading, [subject.account for subject in mixed])
    telling = await events.telling_events(reading, [run for s in mixed for run in imported[s.account]])
    found = []
    for subject in mixed:
        old = decode(before[subject.account]) if subject.account in before else Facts()
        known = fold(old, {}, telling.get(subject.account, ()))[0]
        facts = encode(with_activity_of(known, decode(subject.facts)))
        found.append(subject._replace(facts=facts, version=subject.version - 1, imported=True))
    return found


def _span(subject: Subject) -> Span:
    return Span(subject.account, subject.before.facts_version if subject.before else 0, subject.version)


def _length(spans: Iterable[Span]) -> int:
    return sum(span.upto - span.after for span in spans)


def _without(whole: Span, runs: Iterable[Span]) -> Iterator[Span]:
    """The rest of a span without runs of it."""
    after = whole.after
    for run in sorted(runs):
        if run.after > after:
            yield Span(whole.account, after, run.after)
        after = run.upto
    if whole.upto > after:
        yield Span(whole.account, after, whole.upto)
