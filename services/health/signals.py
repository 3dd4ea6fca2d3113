"""Signals: what is noticed about an account that is not its band. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal
from uuid import UUID, uuid5

from shared.facts import Cancellation, Facts, Subscription

_NAMESPACE = UUID("2d0a4a4e-7c1b-5f0e-8e53-94a1f7c6b0d2")


@dataclass(frozen=True)
class Signal:
    """Something noticed; `evidence` are hexadecimal event ids. The id depends on the account and the evidence alone."""

    signal_id: UUID
    account_id: int
    kind: Literal["cancel_requested"]
    severity: Literal["info", "warning", "critical"]
    words: str
    evidence: tuple[str, ...]
    at: int


def signals(old: Facts | None, new: Facts, account: int, now: int) -> list[Signal]:
    """What the step from the old facts to the new ones gives notice of (TR-S1-1): each request to cancel, once, and
    each subscription that has newly been set to end with its period. Without old facts everything is new."""
    return [
        Signal(
            uuid5(_NAMESPACE, f"cancel_requested/{account}/{event.hex()}"), account, "cancel_requested", "critical",
            words, (event.hex(),), now,
        )
        for words, event in (*_requests(old, new), *_scheduled_ends(old, new))
    ]  # fmt: skip


def speaks(facts: Facts) -> bool:
    """Whether the facts say anything that `signals` tells of, new or not."""
    asked = facts.cancellation
    return (asked is not None and asked.requested) or any(s[0].cancels for s in facts.subscriptions.values())


def _requests(old: Facts | None, new: Facts) -> Iterator[tuple[str, bytes]]:
    asked = new.cancellation
    if asked is None or not asked.requested or (old is not None and _is_known(old.cancellation, asked)):
        return
    yield (
        f"The account has asked to cancel: {asked.reason}" if asked.reason else "The account has asked to cancel",
        asked.event,
    )


def _is_known(known: Cancellation | None, asked: Cancellation) -> bool:
    return known is not None and known.stamp >= asked.stamp


def _scheduled_ends(old: Facts | None, new: Facts) -> Iterator[tuple[str, bytes]]:
    for key, states in new.subscriptions.items():
        before = old.subscriptions.get(key) if old is not None else None
        if states[0].cancels and not (before and before[0].cancels):
            yield f"Subscription {key} is set to end with its period", _first_said(states)


def _first_said(states: list[Subscription]) -> bytes:
    """The event that first said what the newest states agree on: that the subscription ends with its period."""
    event = states[0].event
    for state in states:
        if not state.cancels:
            break
        event = state.event
    return event
