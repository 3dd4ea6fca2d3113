"""What a coverage model costs and how many people it asks for: SEG-7, SEG-11, SEG-13."""

import pytest

from services.health.coverage import cost_per_account, cost_share, csms_needed
from services.health.segments import load_segments
from services.health.teams import headcount, load_teams

TEAMS = load_teams()


def test_seg_7_the_worked_example() -> None:
    example = TEAMS["seg-7"].example
    assert example is not None
    assert (csms_needed(40, 15), csms_needed(120, 40)) == (3, 3)
    assert headcount(load_segments()["seg-7"], example.segments) == {"enterprise": 3, "mid_market": 3}
    assert (example.accounts, round(example.average_value), example.headcount) == (340, 52_941, 11)
    assert example.targets == {"NRR": 115, "GRR": 92, "Logo churn": 8}


@pytest.mark.parametrize(
    ("arr", "per_csm", "cost", "share"),
    [(200_000, 15, 10_000, 5), (10_000, 15, 10_000, 100), (10_000, 150, 1_000, 10)],
)
def test_seg_11_cost_to_serve(arr: int, per_csm: int, cost: int, share: int) -> None:
    assert cost_per_account(150_000, per_csm) == cost
    assert cost_share(cost, arr) == share


def test_seg_11_tech_touch_costs_at_most_three_percent() -> None:
    assert cost_share(300, 10_000) == 3
    assert cost_share(300, 0) is None


@pytest.mark.parametrize(
    ("csms", "managers"), [(0, None), (1, (1, 1)), (8, (1, 1)), (9, (2, 2)), (16, (2, 3)), (40, (5, 8))]
)
def test_seg_13_a_manager_leads_five_to_eight(csms: int, managers: tuple[int, int] | None) -> None:
    assert TEAMS["seg-13"].managers(csms) == managers


def test_seg_13_a_director_leads_two_to_four_managers() -> None:
    assert TEAMS["seg-13"].directors(8) == (2, 4)


@pytest.mark.parametrize(
    ("accounts", "stage"),
    [(0, "Founding"), (19, "Founding"), (20, "First hire"), (100, "Specialization"), (499, "Specialization"),
     (500, "Scale")],
)  # fmt: skip
def test_seg_13_stages_of_growth(accounts: int, stage: str) -> None:
    reached = TEAMS["seg-13"].stage(accounts)
    assert reached is not None
    assert reached.label == stage


@pytest.mark.parametrize(
    ("accounts", "csms", "due"),
    [(49, 2, []), (50, 2, ["CS platform"]), (10, 3, ["CS platform"]), (10, 4, ["CS platform", "CS Ops"])],
)
def test_seg_13_when_to_hire(accounts: int, csms: int, due: list[str]) -> None:
    assert [hire.what for hire in TEAMS["seg-13"].due(accounts, csms)] == due
    assert TEAMS["seg-13"].most_admin == 20
