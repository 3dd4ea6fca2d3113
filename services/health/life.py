"""The points of an account's life with us, out of its facts: when its contract started, who was first seen when, which
deal is open, when it renews, when it ended. Pure; each is a stretch of time, or None where nothing tells of it."""

import datetime as dt
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from shared.clock import DAY_US
from shared.facts import Facts, Opportunity, Subscription

NEVER = 1 << 62
"""An instant that does not come."""

PAYING = frozenset({"active", "past_due", "paused"})
_TRIED = frozenset({"trialing", "incomplete"})


class Stretch(NamedTuple):
    """From `at` on, before `until` (µs)."""

    at: int
    until: int = NEVER


def started(facts: Facts, now: int) -> Stretch | None:
    """The first contract: the earliest start of a subscription that was paid for, else `customer_since`."""
    starts = [state.started_at or state.at for state in _paid(facts)]
    since = facts.field("customer_since")
    if not starts and isinstance(since, str):
        starts = [(dt.date.fromisoformat(since) - dt.date(1970, 1, 1)).days * DAY_US]
    return Stretch(min(starts)) if starts else None


def ended(facts: Facts, now: int) -> Stretch | None:
    """The end of the last subscription, past or announced; None while one goes on without an end, and where none was
    ever paid for."""
    if next(_paid(facts), None) is None:
        return None
    ends = [_end(states[0]) for states in facts.subscriptions.values()]
    last = max(end for end in ends if end is not None) if None not in ends else NEVER
    return None if last == NEVER else Stretch(last)


def renewal(facts: Facts, now: int) -> Stretch | None:
    """The next renewal, or end, after `now` of a subscription that is paid for."""
    coming = [at for states in facts.subscriptions.values() if (at := _renews_at(states[0])) is not None and at > now]
    return Stretch(min(coming)) if coming else None


def first_login(facts: Facts, now: int) -> Stretch | None:
    """The day on which somebody was first seen, by what was told or what is still known of activity: where that
    reaches back as far as it can, no later than its first day."""
    told = facts.record.lifecycle.get("first_login")
    if told is not None:
        return Stretch(told.first)
    days = len(facts.active_people)
    if not days:
        return None
    return Stretch((facts.newest_day - days + 1) * DAY_US)


def trial(facts: Facts, now: int) -> Stretch | None:
    """The latest trial."""
    trials = [s[0] for s in facts.subscriptions.values() if s[0].status == "trialing"]
    if not trials:
        return None
    newest = max(trials, key=lambda state: state.stamp)
    return Stretch(newest.started_at or newest.at, newest.trial_ends_at or NEVER)


def _open_deal(kind: str) -> "Point":
    def stretch(facts: Facts, now: int) -> Stretch | None:
        if facts.kept is None:
            return None
        told = [first_told(deal) for deal in _deals(facts, kind) if deal.status == "open"]
        return Stretch(min(told)) if told else None

    return stretch


def won(facts: Facts, now: int) -> Stretch | None:
    """The first deal of a new account that was won."""
    if facts.kept is None:
        return None
    told = [deal.at for deal in _deals(facts, "new") if deal.status == "won"]
    return Stretch(min(told)) if told else None


def advocacy(facts: Facts, now: int) -> Stretch | None:
    """The last time that the account spoke for us."""
    told = [one.at for one in facts.record.advocacy.values()]
    return Stretch(max(told)) if told else None


def value_achieved(facts: Facts, now: int) -> Stretch | None:
    """The first success plan that was achieved, or the milestone of that name."""
    told = [plan.at for plan in facts.record.plans.values() if plan.status == "achieved"]
    milestone = facts.record.lifecycle.get("value_achieved")
    told += [milestone.first] if milestone else []
    return Stretch(min(told)) if told else None


def first_told(deal: Opportunity) -> int:
    """When a deal was first told of, as far as the facts know."""
    return deal.told[-1][0][0] if deal.told else deal.at


Point = Callable[[Facts, int], Stretch | None]
"""A point as of an instant (µs)."""

POINTS: dict[str, Point] = {
    "started": started, "ended": ended, "renewal": renewal, "first_login": first_login, "trial": trial,
    "deal_new": _open_deal("new"), "deal_renewal": _open_deal("renewal"), "deal_expansion": _open_deal("expansion"),
    "deal_won": won, "advocacy": advocacy, "value_achieved": value_achieved,
}  # fmt: skip
"""Point → when. `milestone.NAME` stands for the first time that a milestone was reached."""


def point(name: str) -> Point:
    """The function of a point. Raises KeyError."""
    if name.startswith("milestone."):
        milestone = name.removeprefix("milestone.")
        return lambda facts, now: _milestone(facts, milestone)
    return POINTS[name]


def _milestone(facts: Facts, name: str) -> Stretch | None:
    reached = facts.kept.lifecycle.get(name) if facts.kept else None
    return None if reached is None else Stretch(reached.first)


def _paid(facts: Facts) -> Iterator[Subscription]:
    """The states that tell that a subscription was paid for. One that was only ever cancelled was, unless on trial."""
    for states in facts.subscriptions.values():
        if not _TRIED.isdisjoint([state.status for state in states]):
            yield from [state for state in states if state.status in PAYING]
        else:
            yield from states


def _deals(facts: Facts, kind: str) -> Iterable[Opportunity]:
    return (deal for deal in facts.record.opportunities.values() if deal.kind == kind)


def _end(state: Subscription) -> int | None:
    """When a subscription has ended or will; None without an end."""
    if state.status in PAYING:
        return state.ends_at or (state.renews_at if state.cancels else None)
    return state.ends_at or state.at


def _renews_at(state: Subscription) -> int | None:
    if state.status not in PAYING:
        return None
    days = (state.ends_at, state.renews_at) if state.cancels else (state.renews_at, state.ends_at)
    return days[0] or days[1]
