"""The hero of the demo: green on every page in the morning, critical half a minute later."""

import datetime as dt
from dataclasses import replace
from typing import Any

import pytest

from services.cli.demo import GREEN
from services.health.assess import Assessment
from services.health.model import load_models
from services.sample import Company, simulate
from services.sample.hero import slide
from tests.sample.conftest import UNTIL
from tests.sample.judge import assessed, facts_at

AFTER = UNTIL + dt.timedelta(minutes=1)


SCORING = [load_models()[name] for name in ("hm-2", "hm-5-high-touch")]


def test_every_hero_stands_stable_and_ends_critical_in_the_same_segment(
    company: Company, history: list[dict[str, Any]]
) -> None:
    _every_hero_falls(company, history)


@pytest.mark.parametrize("seed", [1, 2])
def test_whatever_the_seed(seed: int) -> None:
    company = simulate(until=UNTIL, accounts=80, seed=seed)
    _every_hero_falls(company, list(company.history()))


@pytest.mark.parametrize("day", range(7))
def test_whatever_the_weekday_just_after_midnight(day: int) -> None:
    """The weekday is all by which the history of one seed differs from that of another day."""
    midnight = UNTIL.replace(hour=0, minute=10) + dt.timedelta(days=day)
    company = _of_high_touch(simulate(until=midnight))
    _every_hero_falls(company, list(company.history()))


@pytest.mark.parametrize("accounts", [1, 10, 25, 33, 34, 60, 134])
def test_a_hero_has_a_champion_and_a_sponsor_to_lose_however_small_the_company(accounts: int) -> None:
    for hero in simulate(until=UNTIL, accounts=accounts, days=30).heroes:
        assert [person.role for person in hero.account.people[:2]] == ["champion", "executive_sponsor"]


def test_the_slide_takes_less_than_forty_seconds_and_is_true_to_the_second(company: Company) -> None:
    times = [at for at, _ in slide(company, company.heroes[0], UNTIL)]
    assert UNTIL < times[0] < times[-1] < UNTIL + dt.timedelta(seconds=40)
    assert [event["time"] for _, event in slide(company, company.heroes[0], UNTIL)] == [
        at.strftime("%Y-%m-%dT%H:%M:%SZ") for at in times
    ]


def test_a_slide_told_again_later_is_another_slide(company: Company) -> None:
    hero = company.heroes[0]
    one, two = ({event["id"] for _, event in slide(company, hero, at)} for at in (UNTIL, AFTER))
    assert not one & two


def _of_high_touch(company: Company) -> Company:
    """The part of the company that heroes are compared with."""
    both = zip(company.fates, company.rosters, strict=True)
    fates, rosters = zip(*((f, r) for f, r in both if f.account.touch.name == "high_touch"), strict=True)
    return replace(company, fates=fates, rosters=rosters)


def _every_hero_falls(company: Company, history: list[dict[str, Any]]) -> None:
    peers = {fate.account.key for fate in _of_high_touch(company).fates}
    told = [event for event in history if event["subject"] in peers]
    told += [event for hero in company.heroes for _, event in slide(company, hero, company.until)]
    slid = company.until + dt.timedelta(minutes=1)
    (_, before), (_, after) = facts_at(told, [company.until, slid])
    assert company.heroes
    for model in SCORING:
        standing, fallen = assessed(model, before, company.until), assessed(model, after, slid)
        for hero in company.heroes:
            _falls(standing[hero.account.key], fallen[hero.account.key])


def _falls(was: Assessment, now: Assessment) -> None:
    assert was.score is not None
    assert now.score is not None
    assert was.score >= GREEN
    assert now.score < 40
    assert was.segment == now.segment
