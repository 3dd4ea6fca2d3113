"""The score of a company out of those of its accounts."""

from hypothesis import given
from hypothesis import strategies as st

from services.health.rollup import Member, roll_up

ONE = 1_000_000


def test_whoever_pays_more_counts_more() -> None:
    whole = roll_up([Member(1, 90, 300_000 * ONE), Member(2, 30, 100_000 * ONE)])
    assert (whole.score, whole.raw) == (75, 75 * ONE)
    assert [(part.weight, part.points) for part in whole.parts] == [(750_000, 67_500_000), (250_000, 7_500_000)]


def test_who_pays_nothing_or_has_no_score_does_not_count() -> None:
    whole = roll_up([Member(1, 90, ONE), Member(2, None, 5 * ONE), Member(3, 10, None), Member(4, 10, 0)])
    assert (whole.score, whole.arr) == (90, ONE)
    assert [part.left_out for part in whole.parts] == [None, "no score", "no revenue", "no revenue"]


def test_where_nobody_counts_it_is_unknown() -> None:
    whole = roll_up([Member(1, 90, None), Member(2, None, ONE)])
    assert (whole.score, whole.raw) == (None, None)
    assert roll_up([]).score is None


members = st.builds(Member, st.integers(1, 9), st.none() | st.integers(0, 100), st.none() | st.integers(-10, 10**16))


@given(st.lists(members, max_size=30))
def test_the_parts_add_up_and_the_whole_lies_between_its_parts(some: list[Member]) -> None:
    whole = roll_up(some)
    assert [part.account for part in whole.parts] == [one.account for one in some]
    assert sum(part.points for part in whole.parts) == (whole.raw or 0)
    counting = [one.score or 0 for one, part in zip(some, whole.parts, strict=True) if part.left_out is None]
    if whole.score is None:
        assert counting == []
    else:
        assert sum(part.weight for part in whole.parts) == ONE
        assert min(counting) <= whole.score <= max(counting)


@given(st.lists(members, max_size=8))
def test_the_order_of_the_accounts_changes_nothing(some: list[Member]) -> None:
    assert roll_up(some)[:3] == roll_up(some[::-1])[:3]
