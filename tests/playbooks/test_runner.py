"""What time, scores and replies do to open runs, in the database."""

import asyncio
import datetime as dt

from services.playbooks.explain import explain_enrolment
from services.playbooks.runner import look
from services.playbooks.simulate import day
from services.playbooks.store.accounts import count_matching
from shared.conditions import parse
from shared.database import Database
from tests.playbooks.stories import ACME, NOON, PB_3, cancel, crossing, small
from tests.playbooks.world import (
    a_house,
    an_account,
    crosses,
    it_is_told,
    open_tasks,
    rows,
    score_moves,
    time_passes,
    told_events,
)


async def test_conditional_tasks_open_on_their_day_without_a_reply(database: Database) -> None:
    house = await a_house(database)
    await an_account(database)
    await crosses(database, house, crossing())
    await time_passes(database, house, NOON + day(1))
    assert "internal-escalation" not in await open_tasks(database)
    await time_passes(database, house, NOON + day(2))
    assert "internal-escalation" in await open_tasks(database)
    await time_passes(database, house, NOON + day(3))
    (task,) = await rows(database, "SELECT role, owner, due_on FROM tasks WHERE step = 'executive-outreach'")
    assert tuple(task) == ("CSM Manager", "max@example.com", (NOON + day(3)).date())


async def test_a_reply_makes_conditional_tasks_unnecessary(database: Database) -> None:
    house = await a_house(database)
    await an_account(database)
    await crosses(database, house, crossing())
    await it_is_told(database, "reply.received", NOON + day(1))
    await time_passes(database, house, NOON + day(3))
    assert not {"internal-escalation", "executive-outreach"} & await open_tasks(database)
    (run,) = await rows(database, "SELECT progress->'steps'->'internal-escalation'->>'state' AS state FROM runs")
    assert run["state"] == "not needed"


async def test_a_reply_from_before_the_run_is_no_reply_to_it(database: Database) -> None:
    house = await a_house(database)
    await an_account(database)
    await it_is_told(database, "reply.received", NOON - day(1))
    await crosses(database, house, crossing())
    await time_passes(database, house, NOON + day(2))
    assert "internal-escalation" in await open_tasks(database)


async def test_the_run_exits_after_seven_days_at_60_and_its_tasks_are_cancelled_with_the_reason(
    database: Database,
) -> None:
    house = await a_house(database)
    await an_account(database)
    await crosses(database, house, crossing())
    await score_moves(database, 62, NOON + day(4))
    await time_passes(database, house, NOON + day(4))
    (run,) = await rows(database, "SELECT next_due FROM runs")
    await time_passes(database, house, NOON + day(11) - day(0, hour=1))
    assert await open_tasks(database)
    await time_passes(database, house, NOON + day(11))
    (run,) = await rows(database, "SELECT state, ended_because, next_due FROM runs")
    assert tuple(run) == ("exited", "the score 62 is at least 60, for 7 days", None)
    tasks = await rows(database, "SELECT DISTINCT status, outcome, closed_by FROM tasks")
    assert [tuple(task) for task in tasks] == [("cancelled", "the score 62 is at least 60, for 7 days", "steward")]
    assert (await told_events(database))[-1] == "run.finished"


async def test_an_interruption_that_nobody_looked_at_still_counts(database: Database) -> None:
    house = await a_house(database)
    await an_account(database)
    await crosses(database, house, crossing())
    await score_moves(database, 62, NOON + day(4))
    await score_moves(database, 58, NOON + day(8))
    await score_moves(database, 62, NOON + day(9))
    await time_passes(database, house, NOON + day(12))
    assert [row["state"] for row in await rows(database, "SELECT state FROM runs")] == ["open"]
    await time_passes(database, house, NOON + day(16))
    assert [row["state"] for row in await rows(database, "SELECT state FROM runs")] == ["exited"]


async def test_a_score_below_20_escalates_once_although_the_run_is_not_due(database: Database) -> None:
    house = await a_house(database)
    await an_account(database)
    await crosses(database, house, crossing())
    for hours, score in enumerate((19, 25, 11), start=1):
        at = NOON + day(0, hour=hours)
        await score_moves(database, score, at)
        assert await time_passes(database, house, at) == 1
    assert len(await rows(database, "SELECT FROM tasks WHERE step = 'executive'")) == 1


async def _merge(database: Database, into: int) -> None:
    """Ingest merges Acme into another account, and health drops its score."""
    await an_account(database, into, name="Globex")
    async with database.writing() as tx:
        await tx.execute("UPDATE accounts SET merged_into = $2, survivor = $2 WHERE id = $1", ACME, into)
        await tx.execute("DELETE FROM scores WHERE account_id = $1", ACME)


async def test_a_merge_ends_the_runs_of_the_account_and_their_tasks_with_the_reason(database: Database) -> None:
    house = await a_house(database)
    await an_account(database)
    await crosses(database, house, crossing())
    await _merge(database, ACME + 1)
    assert await time_passes(database, house, NOON + dt.timedelta(minutes=1)) == 1
    (run,) = await rows(database, "SELECT state, ended_because, next_due FROM runs")
    assert tuple(run) == ("cancelled", "merged into Globex", None)
    closed = await rows(database, "SELECT DISTINCT status, outcome, closed_by FROM tasks")
    assert [tuple(task) for task in closed] == [("cancelled", "merged into Globex", "steward")]
    assert await time_passes(database, house, NOON + day(9)) == 0


async def test_an_account_that_is_deleted_in_its_source_has_no_runs(database: Database) -> None:
    house = await a_house(database)
    await an_account(database)
    await crosses(database, house, crossing())
    async with database.writing() as tx:
        await tx.execute("UPDATE accounts SET deleted_at = $2 WHERE id = $1", ACME, NOON)
    assert await time_passes(database, house, NOON + dt.timedelta(minutes=1)) == 1
    (run,) = await rows(database, "SELECT state, ended_because FROM runs")
    assert tuple(run) == ("cancelled", "deleted in its source")
    await crosses(database, house, cancel())
    assert len(await rows(database, "SELECT FROM runs")) == 1
    async with database.reading() as reading:
        assert await count_matching(reading, parse("score < 40 or score is not known"), NOON) == 0


async def test_what_befell_an_account_before_its_merge_starts_nothing_after_it(database: Database) -> None:
    house = await a_house(database)
    await an_account(database)
    await _merge(database, ACME + 1)
    await crosses(database, house, crossing(), cancel())
    assert await rows(database, "SELECT FROM runs") == []
    words = [row["words"] for row in await rows(database, "SELECT words FROM decisions WHERE verdict = 'suppressed'")]
    assert words
    assert all(said.startswith("the account was merged into Globex") for said in words)


async def test_a_condition_does_not_count_merged_accounts(database: Database) -> None:
    await an_account(database)
    await _merge(database, ACME + 1)
    async with database.reading() as reading:
        assert await count_matching(reading, parse("score < 40 or score is not known"), NOON) == 1


async def test_nothing_new_wakes_nobody(database: Database) -> None:
    house = await a_house(database)
    await an_account(database)
    await crosses(database, house, crossing())
    assert await time_passes(database, house, NOON + day(0, hour=1)) == 0
    await it_is_told(database, "usage.recorded", NOON)
    assert await time_passes(database, house, NOON + day(0, hour=2)) == 0
    await it_is_told(database, "account.updated", NOON)
    assert await time_passes(database, house, NOON + day(0, hour=3)) == 1
    assert await time_passes(database, house, NOON + day(0, hour=4)) == 0


async def test_open_tasks_follow_the_account_to_its_new_owner(database: Database) -> None:
    house = await a_house(database)
    await an_account(database)
    await crosses(database, house, crossing())
    async with database.writing() as tx:
        await tx.execute("UPDATE accounts SET crm_owner = 'bob@example.com'")
    await it_is_told(database, "account.updated", NOON)
    await time_passes(database, house, NOON + day(0, hour=1))
    owners = await rows(database, "SELECT DISTINCT owner FROM tasks WHERE role = 'CSM'")
    assert [row["owner"] for row in owners] == ["bob@example.com"]


async def test_the_alert_to_the_manager_after_three_days_comes_once(database: Database) -> None:
    house = await a_house(database)
    await an_account(database)
    await crosses(database, house, crossing())
    for number in range(1, 8):
        await time_passes(database, house, NOON + day(number))
    alerts = await rows(database, "SELECT step FROM deliveries ORDER BY created_at")
    assert [row["step"] for row in alerts] == ["alert", "no-response"]


async def test_two_workers_share_the_runs_and_do_nothing_twice(database: Database) -> None:
    house = await a_house(database)
    for account in range(1, 21):
        await an_account(database, account)
    await crosses(database, house, *(crossing(account=n) for n in range(1, 21)))

    async def worker() -> int:
        async with database.writing() as tx:
            return await look(tx, house, NOON + day(2), 7)

    looked = await asyncio.gather(*(worker() for _ in range(4)))
    assert sum(looked) == 20
    (found,) = await rows(database, "SELECT count(*) FROM tasks WHERE step = 'internal-escalation'")
    assert found["count"] == 20


async def test_a_run_whose_definition_is_gone_does_not_hold_up_the_others(database: Database) -> None:
    house = await a_house(database)
    await crosses(database, house, crossing(account=1), crossing(account=2))
    async with database.writing() as tx:
        await tx.execute("UPDATE runs SET playbook_version = 9 WHERE account_id = 1")
    await time_passes(database, house, NOON + day(2))
    found = await rows(database, "SELECT account_id FROM tasks WHERE step = 'internal-escalation'")
    assert [row["account_id"] for row in found] == [2]


async def test_a_condition_counts_the_accounts_that_match_now(database: Database) -> None:
    await an_account(database, 1, score=36)
    await an_account(database, 2, score=75)
    await an_account(database, 3, score=None)
    condition = parse('score < 40 and segment in ["low_touch"] and coverage >= 90 and days_to_renewal is not known')
    async with database.reading() as reading:
        assert await count_matching(reading, condition, NOON) == 1
        assert await count_matching(reading, parse("not score < 40"), NOON) == 2


async def test_the_time_to_renewal_is_that_of_the_next_paying_subscription(database: Database) -> None:
    await an_account(database)
    async with database.writing() as tx:
        await tx.execute(
            """
            INSERT INTO subscriptions (account_id, subscription_id, status, mrr, currency, renews_at, ends_at, cancels)
            VALUES ($1, 'a', 'active', 1, 'USD', $2, NULL, false), ($1, 'b', 'active', 1, 'USD', $3, $4, true),
                   ($1, 'c', 'cancelled', 1, 'USD', $5, NULL, false), ($1, 'd', 'unpaid', 0, 'USD', $5, NULL, false)
            """,
            ACME, NOON + day(40), NOON + day(90), NOON + day(30), NOON + day(2),
        )  # fmt: skip
    async with database.reading() as reading:
        assert await count_matching(reading, parse("days_to_renewal == 30"), NOON) == 1


async def test_a_run_is_cancelled_at_the_midnight_after_its_account_has_left(database: Database) -> None:
    house = await a_house(database, small(unless='stage == "churned"'))
    await an_account(database)
    await crosses(database, house, crossing())
    async with database.writing() as tx:
        await tx.execute("UPDATE scores SET stage = 'churned', stage_since = $1", NOON)
    await time_passes(database, house, dt.datetime(2026, 3, 5, tzinfo=dt.UTC))
    (run,) = await rows(database, "SELECT state, ended_because FROM runs")
    assert tuple(run) == ("cancelled", "the lifecycle stage is churned")
    assert await open_tasks(database) == set()
    await crosses(database, house, crossing(), at=NOON + day(2))
    (decision, _) = await rows(database, "SELECT verdict, words FROM decisions ORDER BY at DESC")
    assert decision["verdict"] == "suppressed"


async def test_enrolment_is_explained_predicate_by_predicate(database: Database) -> None:
    await an_account(database, score=36)
    told = crossing()
    async with database.writing() as tx:
        await tx.execute(
            "INSERT INTO episodes (id, account_id, model, band, opened_at, cause)"
            " VALUES ($1, $2, 'm', 'critical', $3, 'crossing')",
            told.episode_id, ACME, NOON,
        )  # fmt: skip
        await tx.execute(
            """
            INSERT INTO crossings (id, account_id, episode_id, model, from_band, to_band, direction, score,
                                   previous_score, at, causes)
            VALUES ($1, $2, $3, 'm', 'at_risk', 'critical', 'down', 36, 52, $4, '[]')
            """,
            told.crossing_id, ACME, told.episode_id, NOON,
        )  # fmt: skip
    async with database.reading() as reading:
        findings = await explain_enrolment(reading, ACME, PB_3, NOON)
    assert [tuple(finding) for finding in findings] == [
        ("the account moved down", "down", True),
        ("score < 40", 36, True),
        ("a signal has been noticed", None, False),
        ('unless stage == "churned"', None, True),
    ]
