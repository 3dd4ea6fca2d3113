"""How an account's revenue moves: from the states of its subscriptions to movements that add up. Pure.

States are in ascending order of their stamps. Each holds from its instant until the next one's; the first is taken to
have held before, too. What happens by itself inside that time (a discount or a trial ends, an end comes) belongs to the
event that announced it first.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Literal, NamedTuple

from shared.facts import Facts, Subscription

States = Sequence[Subscription]
Kind = Literal["new", "expansion", "contraction", "churn", "reactivation"]


class Aside(NamedTuple):
    """What other facts say of one subscription, as (instant, event): its invoices that were given up as uncollectible,
    in order, and the end that its schedule plans."""

    given_up: tuple[tuple[int, bytes], ...] = ()
    end: tuple[int, bytes] | None = None


NOTHING = Aside()


class Change(NamedTuple):
    """A subscription is worth so many millionths a month more, or less, from an instant on."""

    at: int
    subscription: str
    currency: str
    amount: int
    event: bytes


class Movement(NamedTuple):
    """A change, and what it was for the account."""

    change: Change
    kind: Kind


def asides(facts: Facts) -> dict[str, Aside]:
    """By subscription; those of which nothing is said are left out."""
    given_up: dict[str, list[tuple[int, bytes]]] = {}
    for invoice in facts.invoices.values():
        if invoice.status == "uncollectible" and invoice.subscription is not None:
            given_up.setdefault(invoice.subscription, []).append((invoice.at, invoice.event))
    ends: dict[str, tuple[int, bytes]] = {}
    for schedule in sorted(facts.schedules.values(), key=lambda s: s.stamp):
        if schedule.subscription is None:
            continue
        ends.pop(schedule.subscription, None)
        if schedule.ends_at is not None and schedule.status not in {"released", "cancelled"}:
            ends[schedule.subscription] = (schedule.ends_at, schedule.event)
    return {
        name: Aside(tuple(sorted(given_up.get(name, ()))), ends.get(name)) for name in given_up.keys() | ends.keys()
    }


def mrr_at(facts: Facts, at: int) -> dict[str, int]:
    """Recurring revenue a month in force at an instant, millionths, by currency; currencies without any left out.
    Exact as far back as the facts' states reach; before them each subscription's oldest one is taken to have held."""
    total: dict[str, int] = {}
    for name, newest_first in facts.subscriptions.items():
        state = newest_first[0]
        if state.at > at:
            state = next((earlier for earlier in newest_first if earlier.at <= at), newest_first[-1])
        worth = _alone(state, at)
        if worth and (facts.schedules or state.status == "past_due"):
            states = newest_first[::-1]
            worth = _worth(states, _in_force(states, at), asides(facts).get(name, NOTHING), at)
        if worth:
            total[state.currency] = total.get(state.currency, 0) + worth
    return total


def instants(facts: Facts) -> Iterator[int]:
    """All instants at which revenue may start, end or change, in no order."""
    for schedule in facts.schedules.values():
        if schedule.ends_at is not None:
            yield schedule.ends_at
    for states in facts.subscriptions.values():
        for state in states:
            yield state.at
            if state.started_at is not None:
                yield state.started_at
            if state.trial_ends_at is not None:
                yield state.trial_ends_at
            if state.ends_at is not None:
                yield state.ends_at
            if state.later:
                yield from (at for at, _ in state.later)
            if state.status == "past_due":
                yield from (invoice.at for invoice in facts.invoices.values() if invoice.status == "uncollectible")


def changes(name: str, states: States, told: Aside = NOTHING) -> list[Change]:
    """All changes of one subscription's revenue, past and announced, in order. They add up to what it is worth."""
    found: list[Change] = []
    currency, worth = "", 0
    for at in sorted(_turns(states, told)):
        index = _in_force(states, at)
        new, own = _worth(states, index, told, at), states[index].currency
        steps = ((own, new - worth),) if own == currency else ((currency, -worth), (own, new))
        event = _told_by(states, index, told, at)
        found += [Change(at, name, code, amount, event) for code, amount in steps if amount]
        currency, worth = own, new
    return found


def movements(told: Iterable[Change]) -> list[Movement]:
    """What the changes of all of an account's subscriptions were for it, in order. Those of one instant are judged
    together: a first or renewed revenue where there was none before, churn where none is left."""
    found: list[Movement] = []
    totals: dict[str, int] = {}
    paid_before = False
    for _, group in groupby(sorted(told), key=lambda change: change.at):
        together = list(group)
        had = any(totals.values())
        for change in together:
            totals[change.currency] = totals.get(change.currency, 0) + change.amount
        has = any(totals.values())
        found += [Movement(change, _kind(change.amount, had, has, paid_before)) for change in together]
        paid_before = paid_before or has
    return found


def _kind(amount: int, had: bool, has: bool, paid_before: bool) -> Kind:
    if not had:
        return "reactivation" if paid_before else "new"
    if not has:
        return "churn"
    return "expansion" if amount > 0 else "contraction"


def sums(told: Iterable[Change], at: int) -> dict[str, int]:
    """What the changes up to an instant, inclusive, add up to, by currency; currencies without any left out."""
    total: dict[str, int] = {}
    for change in told:
        if change.at <= at:
            total[change.currency] = total.get(change.currency, 0) + change.amount
    return {currency: amount for currency, amount in total.items() if amount}


# --- what a subscription is worth -----------------------------------------------------------------


def _in_force(states: States, at: int) -> int:
    """Index of the state in force: the newest not later than the instant, else the first."""
    return max(bisect_right(states, at, key=lambda state: state.at) - 1, 0)


def _worth(states: States, index: int, told: Aside, at: int) -> int:
    """Millionths a month, by the state in force, its schedule and the invoices that were given up."""
    state = states[index]
    if told.end is not None and state.at < told.end[0] <= at:
        return 0
    if told.given_up and state.status == "past_due" and _is_given_up(states, index, told, at):
        return 0
    return _alone(state, at)


def _alone(state: Subscription, at: int) -> int:
    """What the state by itself says for an instant."""
    started = state.at if state.started_at is None else state.started_at
    if at < started or (state.trial_ends_at is not None and at < state.trial_ends_at):
        return 0
    if state.ends_at is not None and at >= state.ends_at:
        return 0
    worth = state.mrr
    for instant, after in state.later:
        if instant <= at:
            worth = after
    return worth


def _is_given_up(states: States, index: int, told: Aside, at: int) -> bool:
    """Whether an invoice was given up since the subscription is past due without a break."""
    while index > 0 and states[index - 1].status == "past_due":
        index -= 1
    return any(states[index].at <= instant <= at for instant, _ in told.given_up)


def _turns(states: Iterable[Subscription], told: Aside) -> set[int]:
    turns = {instant for instant, _ in told.given_up}
    if told.end is not None:
        turns.add(told.end[0])
    for state in states:
        turns.add(state.at)
        turns |= _announced(state)
    return turns


def _announced(state: Subscription) -> set[int]:
    """Instants at which the state itself changes what it is worth."""
    named = {at for at in (state.started_at, state.trial_ends_at, state.ends_at) if at is not None}
    return named | {at for at, _ in state.later}


def _told_by(states: States, index: int, told: Aside, at: int) -> bytes:
    """The event by which a change at an instant is known."""
    state = states[index]
    if at <= state.at:
        return state.event
    if at not in _announced(state):
        others: Mapping[int, bytes] = dict([*told.given_up[::-1], *([told.end] if told.end else [])])
        return others.get(at, state.event)
    worth = _alone(state, at)
    while index > 0 and states[index - 1].at < at:
        earlier = states[index - 1]
        if at not in _announced(earlier) or _alone(earlier, at) != worth:
            break
        index -= 1
    return states[index].event
