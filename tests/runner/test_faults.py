"""Exactly once, whatever happens: random schedules of crashes, rebalances, zombies and redelivery, from topic to alert.

The runner, the relays, the handlers of ingest, health and playbooks, and PostgreSQL are the real ones; only the broker
is a twin that does as it is told.
"""

import os
import random
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from shared.metrics import BATCHES
from tests.conftest import empty
from tests.runner.company import Company
from tests.runner.crew import CrashedError

SCHEDULES = int(os.environ.get("STEWARD_SOAK_SCHEDULES", "30"))
CREWS = ("ingest", "health", "playbooks")

LANE = st.tuples(st.sampled_from(CREWS), st.integers(0, 1))
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("send"), st.integers(1, 12)),
        st.tuples(st.sampled_from(["turn", "crash_before_commit", "crash_after_commit", "freeze", "thaw"]), LANE),
        st.tuples(st.just("rebalance"), st.tuples(st.sampled_from(CREWS), st.integers(0, 2**8))),
        st.tuples(st.sampled_from(["relay", "crash_after_send"]), LANE),
    ),
    min_size=8,
    max_size=40,
)


LIVED: Counter[str] = Counter()
"""How often each step was lived through."""


@pytest.fixture(scope="module", autouse=True)
def figures(pytestconfig: pytest.Config) -> Iterator[None]:
    """Says at the end what was lived through, where that was more than the suite asks for."""
    yield
    if SCHEDULES > 30:
        with pytestconfig.pluginmanager.getplugin("capturemanager").global_and_fixture_disabled():
            sys.stdout.write(f"\n{SCHEDULES} schedules: {dict(LIVED.most_common())}\n")


async def _live_through(company: Company, schedule: Sequence[tuple[str, object]]) -> None:
    await company.settle()
    company.send(10)
    for step, what in schedule:
        with suppress(CrashedError):
            await _live(company, step, what)
    company.end_badly()
    await company.settle()


async def _live(company: Company, step: str, what: object) -> None:
    if step == "send":
        LIVED["records"] += what  # type: ignore[operator]
        company.send(what)  # type: ignore[arg-type]
        return
    name, number = what  # type: ignore[misc]
    LIVED[step] += 1
    match step:
        case "turn":
            await company.crews[name].turn(number)
        case "crash_before_commit" | "crash_after_commit":
            await company.crews[name].turn(number, step.removeprefix("crash_"))
        case "rebalance":
            company.crews[name].rebalance(number)
        case "freeze":
            await company.crews[name].freeze(number)
        case "thaw":
            await company.crews[name].thaw(number)
        case "relay":
            await company.relay(name, number)
        case "crash_after_send":
            await company.relay(name, number, crash=True)


@pytest.mark.timeout(60 + 10 * SCHEDULES)
@settings(
    max_examples=SCHEDULES,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
)
@given(schedule=STEPS, seed=st.integers(0, 1_000))
async def test_thirty_schedules_of_crashes_rebalances_and_zombies_end_exact(
    company: Company, schedule: list[tuple[str, object]], seed: int
) -> None:
    await empty(company.database)
    anew = await Company.founded(company.database, random.Random(seed))
    await _live_through(anew, schedule)
    await anew.assert_exact()


@pytest.mark.parametrize("name", CREWS)
async def test_a_zombie_that_wakes_after_its_heir_changes_nothing(company: Company, name: str) -> None:
    await company.settle()
    company.end_badly()
    await company.settle(without=CREWS[CREWS.index(name) :])
    crew = company.crews[name]
    holder = 0 if await crew.has_records(0) else 1
    await crew.freeze(holder)
    assert crew.members[holder].frozen is not None
    await crew.turn(1 - holder)
    await crew.turn(1 - holder)
    before = BATCHES.labels(name, "fenced")._value.get()
    await crew.thaw(holder)
    assert BATCHES.labels(name, "fenced")._value.get() == before + 1
    await company.settle()
    await company.assert_exact()
