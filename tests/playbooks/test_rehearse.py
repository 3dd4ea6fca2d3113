"""A rehearsal of the past: what would have started, for whom, and how much there would have been to do."""

import datetime as dt
from typing import Any

from services.playbooks.nouns import Moment
from services.playbooks.occasions import of_crossing
from services.playbooks.rehearse import Heard, Load, loads, rehearse
from tests.playbooks.stories import ACME, NOON, PB_3, crossing, small

DAY = dt.timedelta(days=1)


def heard(days: float = 0, later: tuple[Moment, ...] = (), account: int = ACME, **more: Any) -> Heard:
    """A fall so many days after NOON."""
    occasion = of_crossing(crossing(account, at=NOON + days * DAY, **more))
    return Heard(occasion, "Acme", {"owner": "mia@example.com", "segment": "low_touch"}, later=later)


def owner_of(role: str, owner: str | None) -> str | None:
    return owner if role == "CSM" else None


def test_a_fall_would_have_started_pb_3_with_its_tasks() -> None:
    found = rehearse([PB_3], [heard()], until=NOON + 40 * DAY, owner_of=owner_of)
    (run,) = found.started
    assert (run.playbook, run.account_id, run.at) == ("at-risk", ACME, NOON)
    assert run.words == "the score 36 is below 40 (it was 52)"
    days = [(asked.day - NOON.date()).days for asked in run.asked if asked.owner == "mia@example.com"]
    assert days == [0, 1, 2, 5, 7, 10, 14, 21, 30]


def test_nothing_after_the_end_of_the_rehearsal_is_counted() -> None:
    (run,) = rehearse([PB_3], [heard()], until=NOON + 6 * DAY, owner_of=owner_of).started
    assert max(asked.day for asked in run.asked) <= NOON.date() + 6 * DAY
    assert run.ended_at is None


def test_a_second_fall_joins_the_run_that_is_open() -> None:
    found = rehearse([PB_3], [heard(3), heard(0)], until=NOON + 40 * DAY, owner_of=owner_of)
    assert [run.at for run in found.started] == [NOON]
    assert found.joined == {"at-risk": 1}


def test_a_recovery_ends_the_run_by_its_exit_and_the_next_fall_starts_another() -> None:
    calm = (Moment(NOON + 4 * DAY, {"score": 70, "band": "stable", "episode_band": "stable"}),)
    found = rehearse([PB_3], [heard(later=calm), heard(20)], until=NOON + 60 * DAY, owner_of=owner_of)
    assert [run.at for run in found.started] == [NOON, NOON + 20 * DAY]
    assert found.started[0].ended_at == NOON + 11 * DAY


def test_a_lower_priority_is_held_back() -> None:
    found = rehearse([PB_3, small(priority=1)], [heard()], until=NOON + DAY, owner_of=owner_of)
    assert [run.playbook for run in found.started] == ["at-risk"]
    assert found.suppressed == {"small": 1}


def test_the_load_is_counted_by_owner() -> None:
    found = rehearse([PB_3], [heard(), heard(account=8)], until=NOON + 2 * DAY, owner_of=owner_of)
    owners = {ACME: "mia@example.com", 8: "mia@example.com"}
    assert loads(found, owners)["mia@example.com"] == Load(runs=2, tasks=6, busiest_week=6)
