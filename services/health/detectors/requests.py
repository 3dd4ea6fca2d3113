"""The account says that it will leave (TR-S1-1)."""

from collections.abc import Iterator, Sequence

from services.health.detectors.finding import Detector, Finding, Scope
from shared.facts import Facts, Subscription


def cancel_requested(facts: Facts, now: int, scope: Scope) -> Iterator[Finding]:
    """A request to cancel that was not withdrawn, and each subscription that is set to end with its period."""
    asked = facts.cancellation
    if asked is not None and asked.requested:
        words = (
            f"The account has asked to cancel: {asked.reason}" if asked.reason else "The account has asked to cancel"
        )
        yield Finding(asked.event.hex(), 1, words, (asked.event,), asked.at)
    for key, states in facts.subscriptions.items():
        if states[0].cancels:
            first = _first_said(states)
            words = f"Subscription {key} is set to end with its period"
            yield Finding(f"subscription {key}", 1, words, (first.event,), first.at)


def _first_said(states: Sequence[Subscription]) -> Subscription:
    """The state that first said what the newest ones agree on: that the subscription ends with its period."""
    first = states[0]
    for state in states:
        if not state.cancels:
            break
        first = state
    return first


DETECTORS = (
    Detector(
        "cancel_requested",
        "the account has asked to cancel, or a subscription is set to end with its period",
        "always 1",
        cancel_requested,
        frozenset({"cancel.requested", "cancel.withdrawn", "subscription.updated"}),
        lambda facts: facts.cancellation or facts.subscriptions,
        has_window=False,
    ),
)
