"""`assess`: from facts to a score with its parts, and `next_instant`: when it can change by itself. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import msgspec

from services.health.curves import Quartiles
from services.health.model import UNKNOWN, Model
from services.health.plan import Plan
from services.health.scoring import ONE, Rated, rounded
from services.health.segments import segment_of
from services.health.silence import NO_SILENCE, Silence
from shared.clock import DAY_US
from shared.facts import Facts

__all__ = ["Assessment", "Context", "Contribution", "Quartiles", "assess", "decode", "encode", "next_instant"]


@dataclass(frozen=True)
class Context:
    """What an assessment reads beside the facts: the peers' reference of the account's segment, by column (empty
    when there is none), the segment (by the shipped scheme when None), and which sources are silent."""

    peers: Mapping[str, Quartiles] = field(default_factory=dict)
    segment: str | None = None
    silence: Silence = NO_SILENCE


class Contribution(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What one measure brought: its value, its points and its share of the score, both in millionths of a point."""

    measure: str
    value: float | None
    points: int | None
    contribution: int


class Assessment(msgspec.Struct, frozen=True, array_like=True):
    """A score with its parts: score × 1_000_000 = raw + exception_points + rounding_points; raw = Σ contributions."""

    model: str
    segment: str
    score: int | None
    raw: int | None
    coverage: int
    band: str
    contributions: list[Contribution]
    exception: str | None
    exception_points: int
    rounding_points: int
    stale: dict[str, int] = {}
    """Measure → up to when (µs) is known what it reads, of those whose sources are silent."""


def assess(
    model: Model, facts: Facts, context: Context, now: int, values: list[float | None] | None = None
) -> Assessment:
    """The assessment of the facts at `now` (microseconds). Below the model's minimum of coverage it is `unknown`:
    no score, and every contribution 0, whatever points the measures have. `values`: of the model's measures, where
    they were read before."""
    plan = model.plan
    stale = plan.stale(context.silence, now) if context.silence.since else {}
    if values is None:
        values = plan.values(facts, now, stale)
    segment = context.segment or segment_of(facts, now)
    return _assessed(plan, segment, values, _rated(plan, values, context.peers), stale)


def reassess(model: Model, then: Assessment, facts: Facts, context: Context, now: int, *, changed: int) -> Assessment:
    """The same as `assess`, at the price of what changed: `then` is an assessment by the same model and segment, whose
    measures would still read the same at `now` but for the areas that `changed` since; nothing of it was stale. `then`
    itself where nothing comes of it."""
    plan, told, peers = model.plan, then.contributions, context.peers
    values: list[float | None] = [part.value for part in told]
    rated = [part.points if value is not None else None for part, value in zip(told, values, strict=True)]
    del rated[len(plan.rates) :]
    moved = False
    for i in plan.touched(changed):
        value = plan.reads[i](facts, now)
        if value != values[i]:
            values[i], moved = value, True
            if i < len(rated):
                rated[i] = None if value is None else plan.rates[i](value, peers.get(plan.peers[i]))
    for i in plan.among_peers:
        known = values[i]
        points = None if known is None else plan.rates[i](known, peers.get(plan.peers[i]))
        if points != rated[i]:
            rated[i], moved = points, True
    return _assessed(plan, then.segment, values, tuple(rated), then.stale) if moved else then


def _assessed(plan: Plan, segment: str, values: list[float | None], rated: Rated, stale: dict[str, int]) -> Assessment:
    covered, points, parts = plan.weigh(rated)
    if parts is None or covered < plan.least_coverage:
        told = _told(plan, values, points, (0,) * len(points))
        return Assessment(plan.model, segment, None, None, covered, UNKNOWN, told, None, 0, 0, stale)
    raw = sum(parts)
    words, bounded = plan.bounded(values, raw)
    score = rounded(bounded)
    told = _told(plan, values, points, parts)
    rounding = score * ONE - bounded
    return Assessment(
        plan.model, segment, score, raw, covered, plan.bands[score], told, words, bounded - raw, rounding, stale
    )  # fmt: skip


def _rated(plan: Plan, values: list[float | None], peers: Mapping[str, Quartiles]) -> Rated:
    """The points of every leaf by its curve; None without a value, or without the peers that its curve asks for."""
    return tuple(
        [
            None if value is None else rate(value, peers.get(column))
            for value, column, rate in zip(values, plan.peers, plan.rates, strict=False)
        ]
    )


def _told(plan: Plan, values: list[float | None], points: Rated, parts: tuple[int, ...]) -> list[Contribution]:
    """One contribution for every measure of the model, in its order; what is only watched has no points."""
    watched = len(values) - len(points)
    return list(map(Contribution, plan.measures, values, points + (None,) * watched, parts + (0,) * watched))


def next_instant(model: Model, facts: Facts, now: int) -> int:
    """The first instant after `now` at which the assessment of these facts can change by itself: midnight UTC at
    the latest. Until then, from `now` on, it is the same."""
    midnight = (now // DAY_US + 1) * DAY_US
    moves = [mover(facts, now) for mover in model.plan.movers]
    return min([midnight, *[move for move in moves if move is not None]])


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Assessment)


def encode(assessment: Assessment) -> bytes:
    """The assessment as bytes."""
    return _encoder.encode(assessment)


def decode(stored: bytes) -> Assessment:
    """The assessment out of its bytes."""
    return _decoder.decode(stored)
