"""What health tells whoever listens: crossings, signals, transitions, overrides; CloudEvents on one topic. Pure."""

import datetime as dt
from collections.abc import Sequence

import msgspec

from services.health.assess import Assessment
from services.health.causes import Cause
from services.health.crossings import Crossing
from services.health.overrides import Turn
from services.health.present import CrossingRow
from services.health.signals import Signal
from services.health.transitions import TransitionRow
from shared import contracts
from shared.broker import Outgoing
from shared.clock import from_us
from shared.contracts import Topic

SOURCE = "steward/health"


def tell_crossing(row: CrossingRow, crossing: Crossing, causes: Sequence[Cause]) -> Outgoing:
    """A crossing, with its heaviest causes. Its id is the event's, so that a second sending is known as such."""
    told = contracts.Crossing(
        crossing_id=str(row.id),
        account_id=row.account_id,
        episode_id=str(row.episode_id),
        model=row.model,
        from_band=row.from_band,
        to_band=row.to_band,
        direction=crossing.direction,
        score=row.score,
        previous_score=row.previous_score,
        lower_bound=crossing.lower_bound,
        at=row.at,
        causes=[cause.told for cause in causes],
    )
    return _outgoing("health.crossing", told.crossing_id, told.account_id, told.at, told.model_dump_json())


def tell_signal(signal: Signal, score: int | None) -> Outgoing:
    """A signal, with the score that the account has now."""
    told = contracts.Signal(
        signal_id=str(signal.signal_id),
        account_id=signal.account_id,
        kind=signal.kind,
        side=signal.side,
        severity=signal.severity,
        about=signal.about,
        words=signal.words,
        evidence=list(signal.evidence),
        measures=dict(signal.measures),
        window_days=signal.window_days,
        score=score,
        at=from_us(signal.at),
    )
    return _outgoing("health.signal", told.signal_id, told.account_id, told.at, told.model_dump_json())


def tell_transition(row: TransitionRow) -> Outgoing:
    """An account has another segment, tier, size or stage."""
    told = contracts.Transition(
        transition_id=str(row.id),
        account_id=row.account_id,
        kind=row.kind,
        scheme=row.scheme,
        from_name=row.from_name,
        to_name=row.to_name,
        cause=row.cause,
        words=row.words,
        events=msgspec.json.decode(row.events),
        entered_at=row.entered_at,
        at=row.at,
    )
    return _outgoing("health.transition", told.transition_id, told.account_id, told.at, told.model_dump_json())


def tell_override(turn: Turn, account: int, after: Assessment, computed: int | None, at: dt.datetime) -> Outgoing:
    """Something became of an override: `after` is what counts from then on, beside the score that is computed."""
    override = turn.override
    told = contracts.OverrideChanged(
        override_id=str(override.id),
        account_id=account,
        change=turn.change,
        value=override.value,
        author=override.author,
        reason=override.reason,
        expires_at=from_us(override.until),
        score=after.score,
        band=after.band,
        computed_score=computed,
        at=at,
    )
    return _outgoing("health.override", f"{override.id}/{turn.change}", account, at, told.model_dump_json())


def _outgoing(type: str, id: str, account: int, at: dt.datetime, value: str) -> Outgoing:
    key = str(account).encode()
    headers = [
        ("ce_specversion", b"1.0"),
        ("ce_id", id.encode()),
        ("ce_source", SOURCE.encode()),
        ("ce_type", type.encode()),
        ("ce_time", at.isoformat().encode()),
        ("ce_subject", key),
        ("content-type", b"application/json"),
    ]
    return Outgoing(Topic.CROSSINGS, key, value.encode(), headers)
