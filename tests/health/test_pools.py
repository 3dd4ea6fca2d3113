"""SEG-10: pools by geography, industry, turn, fewest accounts and least revenue; balanced, and kept."""

from collections import Counter
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from services.health.pools import Given, Kept, Load, Pool, distribute, load_pools

THREE = ("ada@x.example", "bob@x.example", "eve@x.example")


def pool(name: str = "p", members: tuple[str, ...] = THREE, choose: str = "fewest_accounts", **more: Any) -> Pool:
    """A pool of these people."""
    told = {"name": name, "words": "", "choose": choose, "members": [{"email": one} for one in members], **more}
    return Pool.model_validate(told)


def kept(account: int, arr: int = 0, **more: Any) -> Kept:
    """An account of low touch, with nobody yet."""
    return Kept(account, **{"segment": "low_touch", "region": None, "country": None, "industry": None, **more}, arr=arr)


def owners(given: list[Given]) -> dict[int, str | None]:
    """Account → who was given it."""
    return {one.account: one.owner for one in given}


def test_seg_10_a_shipped_pool_takes_nobody_until_it_has_members() -> None:
    pools = load_pools()
    assert {one.choose for one in pools.values()} == {"round_robin", "fewest_accounts", "least_revenue"}
    assert distribute(pools.values(), [kept(1)], {}, {}) == []


def test_seg_10_by_geography_and_industry() -> None:
    west = pool("west", THREE[:1], regions=["West Coast"], order=1)
    health = pool("health", THREE[1:2], industries=["Healthcare"], order=2)
    accounts = [kept(1, region="west coast"), kept(2, industry="healthcare"), kept(3), kept(4, region="East Coast")]
    assert owners(distribute([health, west], accounts, {}, {})) == {1: THREE[0], 2: THREE[1]}


def test_seg_10_round_robin_goes_on_where_it_stopped() -> None:
    given = distribute([pool(choose="round_robin")], [kept(n) for n in range(1, 5)], {}, {"p": THREE[0]})
    assert [one.owner for one in given] == [THREE[1], THREE[2], THREE[0], THREE[1]]
    assert given[0].words == "p: next in turn"


def test_seg_10_least_revenue_gets_the_next_largest() -> None:
    accounts = [kept(1, 5_000_000), kept(2, 3_000_000), kept(3, 2_000_000)]
    given = distribute([pool(members=THREE[:2], choose="least_revenue")], accounts, {}, {})
    assert owners(given) == {1: THREE[0], 2: THREE[1], 3: THREE[1]}
    assert given[2].words == "p: least revenue (3)"


def test_what_somebody_owns_by_other_ways_counts_too() -> None:
    assert owners(distribute([pool()], [kept(1)], {THREE[0]: Load(9, 0), THREE[1]: Load(2, 0)}, {})) == {1: THREE[2]}


def test_who_has_as_many_as_they_can_gets_no_more_and_the_rest_stands_on_the_list() -> None:
    full = Pool.model_validate(
        {"name": "p", "words": "", "choose": "round_robin", "members": [{"email": THREE[0], "most": 1}]}
    )
    assert owners(distribute([full], [kept(1), kept(2)], {}, {})) == {1: THREE[0]}


def test_an_account_that_its_pool_takes_no_more_moves_or_is_let_go() -> None:
    high, low = pool("high", THREE[:1], segments=["high_touch"]), pool("low", THREE[1:], segments=["low_touch"])
    grown = kept(1, segment="high_touch", pool="low", owner=THREE[1])
    assert owners(distribute([high, low], [grown], {}, {})) == {1: THREE[0]}
    shrunk = kept(1, segment="tech_touch", pool="low", owner=THREE[1])
    assert distribute([high, low], [shrunk], {}, {}) == [Given(1, None, None, "no pool takes it")]


bases = st.dictionaries(st.integers(1, 500), st.integers(0, 9), max_size=60).map(
    lambda told: [kept(account, arr * 1_000_000) for account, arr in told.items()]
)


@given(bases, st.sampled_from(["round_robin", "fewest_accounts"]))
def test_accounts_are_shared_out_evenly(accounts: list[Kept], choose: str) -> None:
    taken = Counter(one.owner for one in distribute([pool(choose=choose)], accounts, {}, {}))
    shares = [taken[member] for member in THREE]
    assert sum(shares) == len(accounts)
    assert max(shares) - min(shares) <= 1


@given(bases, st.sampled_from(["round_robin", "fewest_accounts", "least_revenue"]), st.randoms())
def test_nothing_is_reshuffled_and_order_does_not_matter(accounts: list[Kept], choose: str, shuffle: Any) -> None:
    pools = [pool(choose=choose)]
    given = distribute(pools, accounts, {}, {})
    mixed = list(accounts)
    shuffle.shuffle(mixed)
    assert distribute(pools, mixed, {}, {}) == given
    after = [one._replace(pool="p", owner=owners(given)[one.account]) for one in accounts]
    assert distribute(pools, [*after, kept(1_000)], {}, {})[:1] == distribute(pools, [kept(1_000)], {}, {})
