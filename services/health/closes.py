"""Closes: what the end of a day says of accounts, many at once. Pure."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from services.health.assess import Assessment, Context, assess, reassess
from services.health.ledger import history_row
from services.health.overrides import Override, counting, in_force
from services.health.past import day_end
from services.health.present import HistoryRow
from services.health.rules import References, Rules
from services.health.segments import segment_of
from shared.clock import from_us
from shared.facts import Facts

TOGETHER = 250
"""Accounts whose measures are read together: as many as the processor's caches hold the facts of."""


class Ending(NamedTuple):
    """An account at the end of a day: its facts then, what people have set, and an assessment that still holds of these
    facts but for its peers, if there is one."""

    account: int
    facts: Facts
    overrides: Iterable[Override | None] = ()
    then: Assessment | None = None


Closed = tuple[Assessment, list[float | None]]
"""What the model computes, and the value of every column."""


def closes(
    rules: Rules, endings: Sequence[Ending], references: References, day: int, recorded_at: dt.datetime
) -> list[HistoryRow]:
    """The closes of a day, in the order of the accounts, against these peers. Of an account's overrides the one counts
    that was in force at the day's end."""
    at = day_end(day)
    effective_at, rows = from_us(at), []
    for start in range(0, len(endings), TOGETHER):
        some = endings[start : start + TOGETHER]
        for ending, (computed, values) in zip(some, closed(rules, some, references, at), strict=True):
            held = in_force(ending.overrides, at)
            after = counting(computed, rules.model_of(computed.segment), held)
            rows.append(history_row(ending.account, "close", effective_at, recorded_at, after, values, override=held))
    return rows


def closed(rules: Rules, endings: Sequence[Ending], references: References, at: int) -> Iterator[Closed]:
    """Each account, assessed at a day's end (µs); what its model and the columns both ask for is read once."""
    alike: dict[tuple[str, bool], list[int]] = defaultdict(list)
    for i, (_, facts, _, then) in enumerate(endings):
        segment = segment_of(facts, at, rules.scheme)
        holds = then is not None and (then.model, then.segment) == (rules.model_of(segment).key, segment)
        alike[segment, holds].append(i)
    found: dict[int, Closed] = {}
    for (segment, holds), places in alike.items():
        act = _by_what_stands if holds else _by_facts
        context = Context(references.get(segment, {}), segment, rules.silence)
        found.update(zip(places, act(rules, [endings[i] for i in places], context, at), strict=True))
    return (found[i] for i in range(len(endings)))


def _by_what_stands(rules: Rules, some: Sequence[Ending], context: Context, at: int) -> list[Closed]:
    """Only the peers of the segment, and the columns that its model does not read, can say anything new."""
    assert context.segment is not None
    model, places = rules.model_of(context.segment), rules.model_places[context.segment]
    stands = [(ending.facts, ending.then) for ending in some if ending.then is not None]
    known = {place: [then.contributions[i].value for _, then in stands] for i, place in enumerate(places or ())}
    after = [reassess(model, then, facts, context, at, changed=0) for facts, then in stands]
    return list(zip(after, rules.columns.rows([facts for facts, _ in stands], at, known=known), strict=True))


def _by_facts(rules: Rules, some: Sequence[Ending], context: Context, at: int) -> list[Closed]:
    assert context.segment is not None
    model, places = rules.model_of(context.segment), rules.model_places[context.segment]
    rows = rules.columns.rows([ending.facts for ending in some], at, rules.silence)
    return [
        (assess(model, ending.facts, context, at, None if places is None else [row[place] for place in places]), row)
        for ending, row in zip(some, rows, strict=True)
    ]
