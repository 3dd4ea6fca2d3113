"""How well a score foretells who leaves: the product's own score, and a naive one that a newcomer would write."""

import datetime as dt
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from statistics import quantiles
from typing import Any

from services.health.assess import Assessment, Context, Quartiles, assess
from services.health.model import Model
from services.health.segments import segment_of
from services.sample.company import AccountTruth
from shared.clock import DAY_US, to_us
from shared.facts import Event, Facts, Presence
from shared.fold import fold
from shared.native import decode_body, event_id, parse_time

HORIZON = dt.timedelta(days=60)
Native = Mapping[str, Any]
Known = dict[str, Facts]


def facts_at(events: Iterable[Native], instants: Sequence[dt.datetime]) -> Iterator[tuple[dt.datetime, Known]]:
    """What is known of every account at each of the ascending instants."""
    known: dict[str, tuple[Facts, Presence]] = {}
    waiting: dict[str, list[Event]] = defaultdict(list)
    ahead = iter(events)
    event = next(ahead, None)
    for at in instants:
        while event is not None and parse_time(event["time"]) <= to_us(at):
            waiting[event["subject"]].append(_accepted(event))
            event = next(ahead, None)
        for key, some in waiting.items():
            known[key] = fold(*known.get(key, (Facts(), {})), some)
        waiting.clear()
        yield at, {key: facts for key, (facts, _) in known.items()}


def _accepted(event: Native) -> Event:
    body = decode_body(event["type"], json.dumps(event["data"]).encode())
    key, source = event["subject"], event["source"]
    occurred = parse_time(event["time"])
    return Event(event_id(source, event["id"]), source, event["type"], ("native", key), occurred, 0, body, b"")


def assessed(model: Model, known: Known, at: dt.datetime) -> dict[str, Assessment]:
    """The product's assessment of every account, among its peers of the same instant."""
    now = to_us(at)
    segments = {key: segment_of(facts, now) for key, facts in known.items()}
    contexts = {segment: _peers(model, known, segments, segment, now) for segment in set(segments.values())}
    return {key: assess(model, facts, contexts[segments[key]], now) for key, facts in known.items()}


def assessed_by_segment(models: Mapping[str, Model], known: Known, at: dt.datetime) -> dict[str, Assessment]:
    """The same, each account by the model of its segment."""
    by_segment: dict[str, Known] = defaultdict(dict)
    for key, facts in known.items():
        by_segment[segment_of(facts, to_us(at))][key] = facts
    return {
        key: found
        for segment, some in by_segment.items()
        for key, found in assessed(models[segment], some, at).items()
    }  # fmt: skip


def _peers(model: Model, known: Known, segments: Mapping[str, str], segment: str, now: int) -> Context:
    values: dict[str, list[float]] = defaultdict(list)
    for key, facts in known.items():
        if segments[key] == segment:
            for part in assess(model, facts, Context(), now).contributions:
                if part.measure in model.peer_measures and part.value is not None:
                    values[part.measure].append(part.value)
    return Context({measure: _quartiles(found) for measure, found in values.items() if len(found) > 1})


def _quartiles(values: Sequence[float]) -> Quartiles:
    lower, median, upper = quantiles(values)
    return Quartiles(lower, median, upper, len(values))


def naive_scores(events: Iterable[Native], at: dt.datetime) -> dict[str, float]:
    """Account → score at an instant, from the events up to it: how usage goes, less every sign of trouble."""
    signs: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    for event in events:
        age = to_us(at) - parse_time(event["time"])
        if 0 <= age < 84 * DAY_US:
            _note(signs[event["subject"]], event, age // DAY_US)
    return {account: _score(seen) for account, seen in signs.items()}


def _note(seen: dict[str, float], event: Native, age: int) -> None:
    said, kind = event["data"], event["type"]
    if kind == "usage.recorded":
        seen["now" if age < 28 else "before"] += 1 / (28 if age < 28 else 56)
    elif kind == "ticket.updated":
        seen["trouble"] += (said["sentiment"] == "negative") * 0.5 + said["escalated"]
    elif kind == "invoice.updated":
        seen["trouble"] += 0.5 * (said.get("paid_at", "") > said["due_at"])
    elif kind == "meeting.updated":
        seen["trouble"] += said["status"] == "missed"
    elif kind == "survey.response" and said["survey_type"] == "nps":
        seen["trouble"] += (7 - said["score"]) / 4


def _score(seen: Mapping[str, float]) -> float:
    trend = min(seen.get("now", 0.0) / (seen.get("before", 0.0) + 0.02), 1.3)
    return 50 * trend - 6 * seen.get("trouble", 0.0)


def judged(scores: Mapping[str, float], truth: Sequence[AccountTruth], at: dt.datetime) -> list[tuple[float, bool]]:
    """(score, left within the horizon) of every account that is a customer at the instant and has a score."""
    return [
        (scores[t.account], t.churned_at is not None and t.churned_at <= at + HORIZON)
        for t in truth
        if t.account in scores and (t.churned_at is None or t.churned_at > at)
    ]


def auc(pairs: Sequence[tuple[float, bool]]) -> float:
    """Chance that one who leaves scores below one who stays; ties count half (Mann and Whitney)."""
    left = [score for score, gone in pairs if gone]
    stayed = [score for score, gone in pairs if not gone]
    won = sum((a < b) + 0.5 * (a == b) for a in left for b in stayed)
    return won / (len(left) * len(stayed))
