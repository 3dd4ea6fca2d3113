"""What a run can be about: crossings and signals, read from the records that health published. Pure."""

import datetime as dt
from typing import Literal, NamedTuple
from uuid import UUID

import msgspec
from pydantic import ValidationError

from shared.broker import Record
from shared.contracts import Crossing, Signal
from shared.errors import Reason, Rejection
from shared.fields import Values

CROSSING = "health.crossing"
SIGNAL = "health.signal"


class Why(msgspec.Struct, frozen=True):
    """One cause of a crossing: `points` are millionths; a signal's own words carry none."""

    label: str
    points: int | None
    words: str


class Occasion(NamedTuple):
    """One crossing or signal. `id` is its own, `key` that of the episode or signal that a run would be about.
    `values` are what the record says of the instant it happened at."""

    id: str
    trigger: Literal["crossing", "signal"]
    kind: Literal["episode", "signal"]
    key: str
    account_id: int
    direction: Literal["down", "up"] | None
    values: Values
    words: str
    causes: tuple[Why, ...]
    at: dt.datetime


def read(record: Record) -> Occasion | None:
    """The occasion that a record tells of; None for a type that is not known here. Raises Rejection."""
    kind = record.header("ce_type")
    try:
        if kind == CROSSING:
            return _storable(of_crossing(Crossing.model_validate_json(record.value)), record.value)
        if kind == SIGNAL:
            return _storable(of_signal(Signal.model_validate_json(record.value)), record.value)
    except ValidationError as error:
        raise Rejection(Reason.INVALID_PAYLOAD, f"not a {kind}: {error.error_count()} errors") from error
    except ValueError as error:
        raise Rejection(Reason.INVALID_PAYLOAD, f"not a {kind}: {error}") from error
    return None


def _storable(occasion: Occasion, value: bytes) -> Occasion:
    """The occasion, unless PostgreSQL could not take it. Raises ValueError."""
    UUID(occasion.key)
    if not 0 < occasion.account_id < 2**63:
        raise ValueError("its account id is out of range")
    if b"\\u0000" in value or b"\x00" in value:
        raise ValueError("it contains the NUL character")
    return occasion


def of_crossing(crossing: Crossing) -> Occasion:
    """The crossing as an occasion; its causes, greatest first, are those that moved the score its way."""
    moved = sorted(crossing.causes, key=lambda cause: -abs(cause.points))
    return Occasion(
        id=crossing.crossing_id,
        trigger="crossing",
        kind="episode",
        key=crossing.episode_id,
        account_id=crossing.account_id,
        direction=crossing.direction,
        values={
            "score": crossing.score,
            "previous_score": crossing.previous_score,
            "band": crossing.to_band,
            "episode_band": crossing.to_band,
            "from_band": crossing.from_band,
        },
        words="" if crossing.previous_score is None else f"it was {crossing.previous_score}",
        causes=tuple(Why(cause.label, cause.points, cause.words) for cause in moved),
        at=crossing.at,
    )


def of_signal(signal: Signal) -> Occasion:
    """The signal as an occasion; its words are the cause."""
    known = {} if signal.score is None else {"score": signal.score}
    return Occasion(
        id=signal.signal_id,
        trigger="signal",
        kind="signal",
        key=signal.signal_id,
        account_id=signal.account_id,
        direction=None,
        values={**known, "signal": signal.kind, "severity": signal.severity},
        words=signal.words,
        causes=(Why(signal.kind.replace("_", " ").capitalize(), None, signal.words),),
        at=signal.at,
    )
