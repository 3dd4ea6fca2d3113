"""From stored assessments and changes to what is shown of them. Pure."""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from services.api.schemas import Change, ChangePart, Measured, MeasureGroup, Raise, ScoreExplained
from services.health.assess import Assessment, Contribution
from services.health.curves import millionths
from services.health.improve import Improvement, improvements
from services.health.model import Leaf, Model
from services.health.words import spoken
from shared.clock import from_us

MILLION = 1_000_000
Models = Mapping[str, Model]


def points(millionths: int) -> float:
    """Points with six decimals, exact as decimal text."""
    return millionths / MILLION


def explained(assessment: Assessment, model: Model | None, assessed_at: dt.datetime) -> ScoreExplained:
    """The sum behind a score, by the groups of its model; one nameless group where the model is no longer known."""
    by_measure = {one.measure: one for one in assessment.contributions}
    groups = list(_groups(by_measure, model, assessment.stale)) if model else [_nameless(by_measure)]
    return ScoreExplained(
        model=assessment.model,
        score=assessment.score,
        band=assessment.band,
        groups=groups,
        exception=assessment.exception,
        exception_points=points(assessment.exception_points),
        rounding_points=points(assessment.rounding_points),
        assessed_at=assessed_at,
        improvements=[_raise(one) for one in improvements(model, assessment)] if model else [],
    )


def _raise(one: Improvement) -> Raise:
    return Raise(measure=one.measure, label=one.label, words=one.words, gain=points(one.gain))


def _groups(by_measure: Mapping[str, Contribution], model: Model, stale: Mapping[str, int]) -> Iterator[MeasureGroup]:
    weights = shares(by_measure, model)
    for group in model.groups:
        told = [leaf for leaf in group.leaves if leaf.measure in by_measure]
        own = group.own_points([one.points if (one := by_measure.get(leaf.measure)) else None for leaf in group.leaves])
        yield MeasureGroup(
            group=group.name,
            label=group.label,
            points=None if own is None else points(own),
            verdict=None if own is None else group.label_of(own),
            contribution=points(sum(by_measure[leaf.measure].contribution for leaf in told)),
            weight=round(sum(weights[leaf.measure] for leaf in told), 6),
            measures=[
                _measured(by_measure[leaf.measure], leaf, weights[leaf.measure], stale.get(leaf.measure))
                for leaf in told
            ],
        )


def shares(by_measure: Mapping[str, Contribution], model: Model) -> dict[str, float]:
    """The most that each measure could bring now, of 100 points: what has no points gives its weight to its group, a
    group without any to the other groups."""
    found: dict[str, float] = {leaf.measure: 0.0 for leaf in model.leaves}
    present = {name for name, one in by_measure.items() if one.points is not None}
    live = [group for group in model.groups if any(leaf.measure in present for leaf in group.leaves)]
    for group, weight in zip(live, _shared_out(100 * MILLION, [group.weight for group in live]), strict=True):
        leaves = [leaf for leaf in group.leaves if leaf.measure in present]
        inside = _shared_out(weight, [leaf.weight for leaf in leaves])
        found |= {leaf.measure: points(share) for leaf, share in zip(leaves, inside, strict=True)}
    return found


def _shared_out(whole: int, weights: Sequence[int]) -> list[int]:
    """Whole millionths by weight, each at most one off, that add up exactly."""
    total = sum(weights)
    ends = [whole * sum(weights[: n + 1]) // total for n in range(len(weights))]
    return [end - start for start, end in zip([0, *ends], ends, strict=False)]


def _measured(one: Contribution, leaf: Leaf, weight: float, stale: int | None = None) -> Measured:
    return Measured(
        measure=one.measure,
        label=leaf.words,
        value=one.value,
        words=spoken(leaf, one.value),
        as_of=None if stale is None else from_us(stale),
        verdict=verdict(leaf, one),
        points=None if one.points is None else points(one.points),
        contribution=points(one.contribution),
        weight=weight,
    )


def verdict(leaf: Leaf, one: Contribution) -> str | None:
    """What the model calls this value: the words of its step, or its quarter among similar accounts."""
    if one.value is None or one.points is None:
        return None
    if leaf.curve.steps:
        return next((step.words for step in reversed(leaf.curve.steps) if one.value >= step.lower), None)
    if leaf.curve.peers:
        quarters = {f"{name} quarter": millionths(value) for name, value in leaf.curve.peers}
        return next((name for name, at in quarters.items() if one.points >= at), None)
    return None


def _nameless(by_measure: Mapping[str, Contribution]) -> MeasureGroup:
    measures = [
        Measured(
            measure=one.measure,
            label=one.measure.replace("_", " "),
            value=one.value,
            words="unknown" if one.value is None else f"{one.value:g}",
            verdict=None,
            weight=0,
            points=None if one.points is None else points(one.points),
            contribution=points(one.contribution),
        )
        for one in by_measure.values()
    ]
    brought = sum(one.contribution for one in by_measure.values())
    return MeasureGroup(
        group="all", label="All measures", points=None, verdict=None, contribution=points(brought), weight=100,
        measures=measures,
    )  # fmt: skip


MOVED = "id, at, from_score, to_score, from_raw, to_raw, cause, parts"
"""The columns of `score_changes` that `change_of` reads."""


def change_of(row: Mapping[str, Any]) -> Change:
    """A row of score_changes; its last part is what rounding to whole points did, so that all add up to the change."""
    parts = causes(row["parts"])
    return Change(
        id=row["id"],
        at=row["at"],
        from_score=row["from_score"],
        to_score=row["to_score"],
        points=(row["to_score"] or 0) - (row["from_score"] or 0),
        cause=row["cause"],
        parts=[*parts, *_rounding(row)] if parts else parts,
    )


def _rounding(row: Mapping[str, Any]) -> Iterator[ChangePart]:
    """What whole points moved beyond what was summed up, if they did."""
    before, after = _rounded_up(row["from_score"], row["from_raw"]), _rounded_up(row["to_score"], row["to_raw"])
    if before != after:
        yield ChangePart(
            measure="rounding", label="Rounding", points=points(after - before), words="to whole points", by_time=False,
            events=[], event_count=0,
        )  # fmt: skip


def _rounded_up(score: int | None, raw: int | None) -> int:
    """By how many millionths a score lies above its sum."""
    return 0 if score is None or raw is None else score * MILLION - raw


def causes(stored: str | None) -> list[ChangePart]:
    """Stored causes (contracts.Cause), in their order."""
    return [
        ChangePart(
            measure=one["measure"],
            label=one["label"],
            points=points(one["points"]),
            words=one["words"],
            by_time=one.get("by_time", False),
            events=one.get("events", []),
            event_count=one.get("event_count", 0),
        )
        for one in (msgspec.json.decode(stored) if stored else [])
    ]
