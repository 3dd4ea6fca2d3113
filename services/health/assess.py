"""`assess`: from facts to a score with its parts, and `next_instant`: when it can change by itself. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import msgspec

from services.health.curves import Quartiles
from services.health.model import Model
from services.health.segments import Scheme
from shared.facts import Facts

__all__ = ["Assessment", "Context", "Contribution", "Quartiles", "assess", "decode", "encode", "next_instant"]


@dataclass(frozen=True)
class Context:
    """What an assessment reads beside the facts: the peers' reference of the account's segment, by measure (empty
    when there is none), and the scheme of segments (the shipped one when None)."""

    peers: Mapping[str, Quartiles] = field(default_factory=dict)
    segments: Scheme | None = None


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


def assess(model: Model, facts: Facts, context: Context, now: int) -> Assessment:
    raise NotImplementedError


def next_instant(model: Model, facts: Facts, now: int) -> int:
    raise NotImplementedError


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Assessment)


def encode(assessment: Assessment) -> bytes:
    """The assessment as bytes."""
    return _encoder.encode(assessment)


def decode(stored: bytes) -> Assessment:
    """The assessment out of its bytes."""
    return _decoder.decode(stored)
