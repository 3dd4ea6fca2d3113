"""Who was a customer when: the outcomes that scores are judged by. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple

from shared.clock import DAY_US

SHORTEST_GAP_DAYS = 30
"""Whoever pays again within this time has not left: renewals are signed late, and plans change."""


class Stay(NamedTuple):
    """A time as a customer, from `start` to before `end` (µs); None where it is open."""

    start: int | None
    end: int | None


class Movement(NamedTuple):
    """One movement of an account's recurring revenue."""

    account: int
    at: int
    currency: str
    amount: Decimal


Lives = Mapping[int, Sequence[Stay]]
"""Account → its stays, ascending."""


def from_record(movements: Iterable[Movement], until: int) -> Lives:
    """The stays that revenue tells of: from the first of it until there is none in any currency. What is announced for
    after `until` (µs) does not count. Movements ascend within each account."""
    found: dict[int, list[Stay]] = defaultdict(list)
    in_force: dict[int, dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for account, at, currency, amount in movements:
        if at > until:
            continue
        revenue = in_force[account]
        paid = any(some > 0 for some in revenue.values())
        revenue[currency] += amount
        pays = any(some > 0 for some in revenue.values())
        if pays and not paid:
            _begin(found[account], at)
        elif paid and not pays:
            found[account][-1] = found[account][-1]._replace(end=at)
    return found


def _begin(stays: list[Stay], at: int) -> None:
    if stays and stays[-1].end is not None and at - stays[-1].end < SHORTEST_GAP_DAYS * DAY_US:
        stays[-1] = stays[-1]._replace(end=None)
    else:
        stays.append(Stay(at, None))


def from_ends(ends: Mapping[int, int], accounts: Iterable[int]) -> Lives:
    """One stay for each account, until the instant (µs) that `ends` names; whoever is not named has stayed."""
    return {account: (Stay(None, ends.get(account)),) for account in accounts}


def permuted(lives: Lives, order: Sequence[int]) -> Lives:
    """The same lives, led by other accounts: a control in which nothing can be foretold. `order` holds the accounts of
    `lives`, in another order."""
    return dict(zip(order, (lives[account] for account in sorted(lives)), strict=True))


def stay_at(stays: Sequence[Stay], at: int) -> Stay | None:
    """The stay that is running at an instant."""
    return next((s for s in stays if (s.start is None or s.start <= at) and (s.end is None or at < s.end)), None)
