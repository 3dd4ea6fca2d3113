"""Recurring revenue at an instant, read from the states of the subscriptions. Money is millionths of its unit."""

from collections.abc import Iterator

from shared.facts import Facts, Subscription


def mrr_at(facts: Facts, at: int) -> dict[str, int]:
    """Monthly recurring revenue in force at `at`, by currency; currencies without any are left out.

    A subscription is in force from its start (or its first known state) until its end, exclusive, with the newest
    state not later than `at`; before the first known state that one is taken to have held since the start.
    """
    total: dict[str, int] = {}
    for states in facts.subscriptions.values():
        state = _state_at(states, at)
        if state.mrr and _in_force(state, at):
            total[state.currency] = total.get(state.currency, 0) + state.mrr
    return total


def _state_at(states: list[Subscription], at: int) -> Subscription:
    for state in states:
        if state.at <= at:
            return state
    return states[-1]


def _in_force(state: Subscription, at: int) -> bool:
    started = state.at if state.started_at is None else state.started_at
    return started <= at and (state.ends_at is None or at < state.ends_at)


def main_currency(*totals: dict[str, int]) -> str | None:
    """The currency with the most revenue in all `totals` together, the first by name among equals."""
    summed: dict[str, int] = {}
    for total in totals:
        for currency, mrr in total.items():
            summed[currency] = summed.get(currency, 0) + mrr
    return min(summed, key=lambda currency: (-summed[currency], currency), default=None)


def next_change(facts: Facts, now: int) -> int | None:
    """The first instant after `now` at which revenue can change by itself, or None."""
    return min((instant for instant in instants(facts) if instant > now), default=None)


def instants(facts: Facts) -> Iterator[int]:
    """All instants at which revenue starts, ends or changes, in no order."""
    for states in facts.subscriptions.values():
        for state in states:
            yield state.at
            if state.started_at is not None:
                yield state.started_at
            if state.ends_at is not None:
                yield state.ends_at
