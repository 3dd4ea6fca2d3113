"""Pools: who cares for accounts that nobody has chosen an owner for (SEG-10). Pure, and the same whenever it is asked.

An account belongs to the first pool that takes it. In it the accounts are given out one after another, the largest
first; what was given stays, as long as the pool takes the account and the member is in it.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple

from pydantic import Field

from services.health.curves import Part
from services.health.shipped import documents, parsed

Choose = Literal["round_robin", "fewest_accounts", "least_revenue"]


class Member(Part):
    """A CSM of a pool, and how many accounts that person can have at most, whoever gave them."""

    email: str = Field(pattern=r"^[^@\s]+@[^@\s]+$")
    most: int | None = Field(None, ge=0)


class Pool(Part):
    """Who shares which accounts. What is not named does not ask; texts are compared without regard to case."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_-]*$")
    words: str
    order: int = Field(100, description="of several pools that take an account, the one with the lowest counts")
    segments: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()
    industries: tuple[str, ...] = ()
    members: tuple[Member, ...] = Field((), description="without any it takes nobody")
    choose: Choose

    def takes(self, one: "Kept") -> bool:
        """Whether the account is one of its."""
        asked = ((self.segments, one.segment), (self.regions, one.region), (self.countries, one.country),
                 (self.industries, one.industry))  # fmt: skip
        return bool(self.members) and all(not wanted or _among(value, wanted) for wanted, value in asked)

    def has(self, email: str) -> bool:
        """Whether that person is in it."""
        return _among(email, [member.email for member in self.members])


class Kept(NamedTuple):
    """An account as pools see it; `arr` in millionths. `pool` and `owner` are what it was given before."""

    account: int
    segment: str | None
    region: str | None
    country: str | None
    industry: str | None
    arr: int
    pool: str | None = None
    owner: str | None = None


class Load(NamedTuple):
    """What somebody has already: accounts, and their ARR in millionths."""

    accounts: int = 0
    arr: int = 0


class Given(NamedTuple):
    """An account gets an owner out of a pool, for the reason in `words`; or loses one, when `owner` is None."""

    account: int
    owner: str | None
    pool: str | None
    words: str


@dataclass
class _Table:
    """What everybody has by now, and whose turn it is in each pool."""

    loads: dict[str, Load]
    last: dict[str, str]

    def take_back(self, one: Kept) -> None:
        """Who had it has less."""
        had = self.loads.get((one.owner or "").lower())
        if had is not None:
            self.loads[(one.owner or "").lower()] = Load(had.accounts - 1, had.arr - one.arr)

    def give(self, pool: Pool, one: Kept) -> Given:
        free = [member for member in pool.members if member.most is None or self._of(member).accounts < member.most]
        if not free:
            return Given(one.account, None, None, f"everybody in the pool {pool.name} has as many accounts as they can")
        chosen, why = self._choose(pool, free)
        had = self._of(chosen)
        self.loads[chosen.email.lower()] = Load(had.accounts + 1, had.arr + one.arr)
        self.last[pool.name] = chosen.email
        return Given(one.account, chosen.email, pool.name, f"{pool.name}: {why}")

    def _choose(self, pool: Pool, free: Sequence[Member]) -> tuple[Member, str]:
        if pool.choose == "fewest_accounts":
            chosen = min(free, key=lambda member: (self._of(member).accounts, member.email))
            return chosen, f"fewest accounts ({self._of(chosen).accounts})"
        if pool.choose == "least_revenue":
            chosen = min(free, key=lambda member: (self._of(member).arr, member.email))
            return chosen, f"least revenue ({self._of(chosen).arr // 1_000_000})"
        names = [member.email for member in pool.members]
        last = self.last.get(pool.name)
        after = names.index(last) + 1 if last in names else 0
        turns = {name: place for place, name in enumerate(names[after:] + names[:after])}
        return min(free, key=lambda member: turns[member.email]), "next in turn"

    def _of(self, member: Member) -> Load:
        return self.loads.get(member.email.lower(), Load())


def distribute(
    pools: Collection[Pool], accounts: Iterable[Kept], loads: Mapping[str, Load], last: Mapping[str, str]
) -> list[Given]:
    """What changes: who gets which account, and which account loses an owner that no pool gives it any more.
    `loads`: what each person has, by lower-case address; `last`: who was given the last account of each pool."""
    table, changes = _Table(dict(loads), dict(last)), []
    for one in sorted(unsettled(pools, accounts), key=lambda one: (-one.arr, one.account)):
        pool = _pool_of(pools, one)
        table.take_back(one)
        given = table.give(pool, one) if pool else Given(one.account, None, None, "no pool takes it")
        if given.owner or one.owner:
            changes.append(given)
    return changes


def unsettled(pools: Collection[Pool], accounts: Iterable[Kept]) -> list[Kept]:
    """The accounts that are not where the pools put them: without an owner, or with one of a pool that takes them no
    more."""
    return [one for one in accounts if not _is_settled(_pool_of(pools, one), one)]


def _is_settled(pool: Pool | None, one: Kept) -> bool:
    return pool is not None and one.pool == pool.name and one.owner is not None and pool.has(one.owner)


def _pool_of(pools: Iterable[Pool], one: Kept) -> Pool | None:
    taking = [pool for pool in pools if pool.takes(one)]
    return min(taking, key=lambda pool: (pool.order, pool.name), default=None)


def load_pools(config_dir: Path | None = None) -> dict[str, Pool]:
    """All pools by name: the shipped ones, overlaid by `pools/*.yaml` of `config_dir`."""
    loaded = (parsed(Pool, where, document) for where, document in documents("pools", config_dir))
    return {pool.name: pool for pool in loaded}


def _among(value: str | None, wanted: Iterable[str]) -> bool:
    return value is not None and value.casefold() in {one.casefold() for one in wanted}
