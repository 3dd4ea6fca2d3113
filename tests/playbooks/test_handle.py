"""What crossings and signals do to the database: runs, tasks, alerts and decisions, each once."""

import json

import pytest

from services.playbooks.handle import on_crossings
from services.playbooks.simulate import day
from shared.broker import Partition, Record
from shared.contracts import Crossing, Signal
from shared.database import Database
from tests.playbooks.stories import ACME, NOON, cancel, crossing, small
from tests.playbooks.world import (
    a_house,
    an_account,
    crosses,
    open_tasks,
    published,
    rows,
    score_moves,
    the_episode_closes,
    time_passes,
    told_events,
)


async def test_a_crossing_starts_a_run_with_its_tasks_and_one_alert(database: Database) -> None:
    house = await a_house(database)
    await an_account(database)
    await crosses(database, house, crossing())
    (run,) = await rows(database, "SELECT * FROM runs")
    assert (run["playbook"], run["account_id"], run["state"]) == ("at-risk", ACME, "open")
    assert run["words"] == "the score 36 is below 40 (it was 52)"
    tasks = await rows(database, "SELECT step, role, owner, due_on, position FROM tasks ORDER BY position")
    assert len(tasks) == 8
    assert tuple(tasks[0]) == ("review", "CSM", "ada@example.com", NOON.date(), 1)
    (alert,) = await rows(database, "SELECT * FROM deliveries")
    assert (alert["channel"], alert["status"], alert["attempts"]) == ("slack", "pending", 0)
    assert "secret" not in alert["address"]
    assert "Acme is at risk" in alert["words"]
    assert await told_events(database) == ["run.started", "alert.raised", *["task.opened"] * 8]


async def test_the_outreach_task_carries_its_template_with_the_name_of_the_account(database: Database) -> None:
    house = await a_house(database)
    await an_account(database, name="Söhne & Co {score}")
    await crosses(database, house, crossing())
    (task,) = await rows(database, "SELECT instructions FROM tasks WHERE step = 'outreach'")
    assert task["instructions"].startswith("Subject: A quick word about Söhne & Co {score}?")


async def test_a_redelivered_batch_changes_nothing(database: Database) -> None:
    house = await a_house(database)
    await an_account(database)
    told = crossing()
    for _ in range(3):
        await crosses(database, house, told, told)
    counts = "SELECT (SELECT count(*) FROM runs), (SELECT count(*) FROM tasks), (SELECT count(*) FROM deliveries),"
    (found,) = await rows(database, counts + " (SELECT count(*) FROM decisions), (SELECT count(*) FROM outbox)")
    assert tuple(found) == (1, 8, 1, 1, 10)


async def test_the_same_occasion_never_starts_twice_even_after_its_run_has_ended(database: Database) -> None:
    house = await a_house(database)
    await an_account(database)
    told = crossing()
    await crosses(database, house, told)
    async with database.writing() as tx:
        await tx.execute("UPDATE runs SET state = 'completed', ended_at = $1", NOON)
    await crosses(database, house, crossing(episode_id=told.episode_id))
    decisions = await rows(database, "SELECT verdict, words FROM decisions ORDER BY verdict")
    assert [d["verdict"] for d in decisions] == ["started", "suppressed"]
    assert decisions[1]["words"].startswith("it has had its run")


async def test_a_second_crossing_joins_the_open_run(database: Database) -> None:
    house = await a_house(database)
    await an_account(database)
    await crosses(database, house, crossing(), crossing())
    await crosses(database, house, crossing(), at=NOON + day(1))
    verdicts = await rows(database, "SELECT verdict FROM decisions ORDER BY at, verdict DESC")
    assert [row["verdict"] for row in verdicts] == ["started", "joined", "joined"]
    (run,) = await rows(database, "SELECT jsonb_array_length(progress->'occasions') AS occasions FROM runs")
    assert run["occasions"] == 3


async def test_a_cancel_signal_starts_a_run_and_engages_the_save_team(database: Database) -> None:
    house = await a_house(database)
    await an_account(database, score=75)
    await crosses(database, house, cancel())
    (run,) = await rows(database, "SELECT occasion_kind FROM runs")
    assert run["occasion_kind"] == "signal"
    assert "save-team" in await open_tasks(database)


async def test_a_cancel_signal_joins_an_open_run_and_engages_the_save_team_at_its_next_look(database: Database) -> None:
    house = await a_house(database)
    await an_account(database)
    await crosses(database, house, crossing())
    await crosses(database, house, cancel(), at=NOON + day(1))
    await time_passes(database, house, NOON + day(1))
    assert "save-team" in await open_tasks(database)
    assert len(await rows(database, "SELECT FROM runs")) == 1


async def test_a_closed_episode_is_recorded_as_suppressed(database: Database) -> None:
    house = await a_house(database)
    await an_account(database)
    told = crossing()
    await the_episode_closes(database, told.episode_id)
    await crosses(database, house, told)
    (decision,) = await rows(database, "SELECT * FROM decisions")
    assert (decision["occasion_id"], decision["verdict"]) == (told.crossing_id, "suppressed")
    assert decision["words"].startswith("the episode has closed meanwhile")
    assert await rows(database, "SELECT FROM runs") == []


async def test_every_occasion_is_decided_for_every_playbook(database: Database) -> None:
    house = await a_house(database, small(priority=1), small(id="other", triggers=[{"kind": "signal"}]))
    await an_account(database)
    await crosses(database, house, crossing(), crossing(score=55, to_band="at_risk"))
    found = await rows(database, "SELECT playbook, verdict FROM decisions ORDER BY playbook, verdict")
    assert [tuple(row) for row in found] == [
        ("other", "no match"), ("other", "no match"), ("small", "no match"), ("small", "started"),
    ]  # fmt: skip


async def test_without_a_slack_address_the_alert_is_suppressed_with_its_reason(database: Database) -> None:
    house = await a_house(database, slack_webhook_url=None)
    await an_account(database)
    await crosses(database, house, crossing())
    (alert,) = await rows(database, "SELECT status, last_error FROM deliveries")
    assert tuple(alert) == ("suppressed", "no address is set for slack")


async def test_an_account_that_nobody_knows_yet_still_gets_its_run(database: Database) -> None:
    house = await a_house(database)
    await crosses(database, house, crossing(account=77))
    (alert,) = await rows(database, "SELECT payload::text FROM deliveries")
    assert "account 77" in alert["payload"]
    assert json.loads(alert["payload"])["blocks"][2]["fields"][0]["text"] == "*Score*\n36"


async def test_many_accounts_in_one_batch(database: Database) -> None:
    house = await a_house(database)
    await crosses(database, house, *(crossing(account=n) for n in range(1, 301)))
    (found,) = await rows(database, "SELECT count(*), count(DISTINCT account_id) FROM tasks")
    assert tuple(found) == (2_400, 300)


@pytest.mark.parametrize(
    "told", [crossing(account=2**63), crossing(episode_id="not-a-uuid"), cancel(words="a\x00b"), crossing(account=-1)]
)
async def test_what_cannot_be_stored_holds_nobody_up(database: Database, told: Crossing | Signal) -> None:
    house = await a_house(database)
    await crosses(database, house, told, crossing())
    assert len(await rows(database, "SELECT FROM decisions")) == 1


async def test_what_cannot_be_read_is_parked_and_holds_nobody_up(database: Database) -> None:
    house = await a_house(database)
    poison = Record(Partition("health.crossings", 0), 1, 0, None, b"\xff{", [("ce_type", b"health.crossing")])
    later = Record(Partition("health.crossings", 0), 2, 0, None, b"{}", [("ce_type", b"health.of.tomorrow")])
    async with database.writing() as tx:
        await on_crossings(house)(tx, [poison, later, published(crossing())], NOON)
    assert len(await rows(database, "SELECT FROM decisions")) == 1
    (parked,) = await rows(database, 'SELECT source, topic, "offset", reason, value, status FROM rejected')
    assert tuple(parked) == ("steward", "health.crossings", 1, "invalid_payload", b"\xff{", "parked")


async def test_a_run_ends_by_the_definition_it_began_with(database: Database) -> None:
    house = await a_house(database, small(exit_criteria=["score >= 60 for 7 days"]))
    await an_account(database)
    await crosses(database, house, crossing())
    newer = await a_house(database, small(exit_criteria=["score >= 10"]))
    assert newer.versions == {"small": 2}
    assert (await a_house(database, small(exit_criteria=["score >= 60 for 7 days"]))).versions == {"small": 1}
    await score_moves(database, 30, NOON + day(1))
    await time_passes(database, newer, NOON + day(1))
    (run,) = await rows(database, "SELECT state, playbook_version FROM runs")
    assert tuple(run) == ("open", 1)
