"""Wake-ups: accounts whose facts have changed are assessed once, and what follows is written and told once."""

import datetime as dt
import json
from typing import Any

import pytest

from services.health.configuration import configuration, document
from services.health.force import InForce
from services.health.handle import Health
from shared.broker import Outgoing, Partition, Record
from shared.database import Database, Writing
from tests.cast import NOW, acme_exists, told, used
from tests.health_io.stories import FEATURES, asks_to_cancel, detracts, nps, sponsor_leaves, well
from tests.health_io.world import ACME, MODEL, World, number, scored_by

MINUTE = dt.timedelta(minutes=1)


@pytest.fixture
async def world(database: Database) -> World:
    """Acme is known, well and assessed."""
    world = World(database)
    await world.wake(*well())
    world.clock.advance(MINUTE)
    return world


async def test_a_first_score_opens_an_episode_and_crosses_nothing(world: World) -> None:
    score = await world.score()
    assert (score["score"], score["band"], score["facts_version"]) == (68, "stable", 1)
    (episode,) = await world.rows("SELECT * FROM episodes")
    assert (episode["id"], episode["band"], episode["cause"]) == (score["episode_id"], "stable", "first")
    assert len(await world.history("move")) == 1
    assert await world.left() == []


async def test_a_first_score_below_a_threshold_starts_no_run_either(database: Database) -> None:
    world = World(database)
    await world.wake(*well(), detracts(), sponsor_leaves())
    assert (await world.score())["episode_band"] == "at_risk"
    assert await world.left() == []


async def test_a_wake_up_older_than_what_was_read_is_ignored(world: World) -> None:
    await world.tell(used())
    old = await world.wakes()
    await world.tell(used("eve"))
    await world.hand(await world.wakes())
    before = await world.fingerprint()
    world.clock.advance(MINUTE)
    await world.hand(old)
    assert await world.fingerprint() == before
    assert (await world.score())["facts_version"] == 3


async def test_two_wake_ups_of_an_account_in_one_batch_are_one_assessment(world: World) -> None:
    await world.tell(detracts())
    await world.tell(sponsor_leaves())
    await world.hand(await world.wakes())
    (change,) = await world.rows("SELECT * FROM score_changes")
    assert (change["from_version"], change["to_version"], change["cause"]) == (1, 3, "events")


async def test_a_crossing_is_written_once_with_its_causes_and_its_outbox_row(world: World) -> None:
    await world.wake(detracts())
    (crossing,) = await world.rows("SELECT * FROM crossings")
    assert (crossing["from_band"], crossing["to_band"], crossing["direction"]) == ("stable", "at_risk", "down")
    opened, closed = await world.rows("SELECT * FROM episodes ORDER BY closed_at NULLS FIRST")
    assert (opened["id"], opened["cause"], opened["closed_at"]) == (crossing["episode_id"], "crossing", None)
    assert (closed["band"], closed["closed_at"]) == ("stable", world.clock.now())
    ((headers, value),) = await world.left()
    assert headers == {
        "ce_specversion": "1.0", "ce_id": str(crossing["id"]), "ce_source": "steward/health",
        "ce_type": "health.crossing", "ce_time": world.clock.now().isoformat(), "ce_subject": str(ACME),
        "content-type": "application/json",
    }  # fmt: skip
    assert (value["score"], value["previous_score"], value["lower_bound"]) == (52, 68, 60)
    (event,) = await world.rows("SELECT id FROM events WHERE type = 'survey.response' AND version = 2")
    assert (value["causes"][0]["measure"], value["causes"][0]["events"]) == ("nps_score", [event["id"].hex()])


async def test_a_redelivered_batch_changes_nothing(world: World) -> None:
    await world.tell(detracts(), asks_to_cancel())
    records = await world.wakes()
    await world.hand(records)
    before = await world.fingerprint()
    world.clock.advance(MINUTE)
    await world.hand(records)
    assert await world.fingerprint() == before


async def test_what_moves_nothing_leaves_no_change_and_no_history(world: World) -> None:
    await world.wake(used())
    score = await world.score()
    assert (score["facts_version"], score["assessed_at"]) == (2, world.clock.now())
    assert score["effective_at"] == NOW
    assert await world.rows("SELECT FROM score_changes") == []
    assert len(await world.history("move")) == 1


async def test_a_request_to_cancel_is_one_signal_with_its_evidence(world: World) -> None:
    await world.wake(asks_to_cancel())
    await world.wake(used())
    ((headers, value),) = await world.left()
    assert (headers["ce_type"], value["kind"], value["score"]) == ("health.signal", "cancel_requested", 68)
    (stored,) = await world.rows("SELECT id, evidence FROM signals")
    assert (str(stored["id"]), json.loads(stored["evidence"])) == (value["signal_id"], value["evidence"])


async def test_imported_history_rebases_the_episode_and_publishes_nothing(world: World) -> None:
    await world.tell(detracts(), sponsor_leaves(), asks_to_cancel(), rebase=True)
    await world.hand(await world.wakes())
    score = await world.score()
    assert (score["band"], score["episode_band"]) == ("at_risk", "at_risk")
    assert await world.rows("SELECT cause FROM episodes WHERE closed_at IS NULL") == [("import",)]
    assert await world.rows("SELECT cause FROM score_changes") == [("import",)]
    assert await world.left() == []


async def test_an_import_among_a_batchs_wake_ups_rebases(world: World) -> None:
    await world.tell(detracts(), rebase=True)
    await world.tell(sponsor_leaves())
    await world.hand(await world.wakes())
    assert await world.left() == []


async def test_live_news_beside_imported_history_is_told(world: World) -> None:
    await world.tell(nps(8, at=NOW + MINUTE / 2), rebase=True)
    await world.tell(detracts(at=world.clock.now()), asks_to_cancel(at=world.clock.now()))
    await world.hand(await world.wakes())
    told = {headers["ce_type"]: value for headers, value in await world.left()}
    assert told.keys() == {"health.crossing", "health.signal"}
    crossing = told["health.crossing"]
    assert (crossing["from_band"], crossing["to_band"]) == ("stable", "at_risk")
    (survey,) = await world.rows("SELECT id FROM telling_events WHERE type = 'survey.response' AND version = 3")
    assert crossing["causes"][0]["events"] == [survey["id"].hex()]
    changes = await world.rows("SELECT cause, from_score, to_score FROM score_changes ORDER BY id")
    assert [row["cause"] for row in changes] == ["import", "events"]
    assert changes[0]["to_score"] == changes[1]["from_score"]


async def test_history_whose_wake_up_comes_late_is_none_the_less_history(world: World) -> None:
    await world.tell(asks_to_cancel(at=world.clock.now()))
    early = await world.wakes()
    await world.tell(detracts(), rebase=True)
    await world.hand(early)
    await world.hand(await world.wakes())
    assert [headers["ce_type"] for headers, _ in await world.left()] == ["health.signal"]
    assert (await world.score())["episode_band"] == "at_risk"


async def test_live_news_at_an_account_that_history_makes_known_is_told(world: World) -> None:
    await world.tell(*well("globex"), rebase=True)
    await world.tell(detracts("globex"), asks_to_cancel("globex"))
    await world.hand(await world.wakes())
    assert sorted(headers["ce_type"] for headers, _ in await world.left()) == ["health.crossing", "health.signal"]


async def test_a_request_to_cancel_is_told_even_with_a_first_score(world: World) -> None:
    await world.wake(*well("globex"), asks_to_cancel("globex"))
    assert [value["kind"] for _, value in await world.left()] == ["cancel_requested"]


async def test_a_request_to_cancel_is_told_beside_another_segment(world: World) -> None:
    await world.wake(asks_to_cancel(), told("account.updated", at=world.clock.now(), arr=200_000))
    assert await world.rows("SELECT cause FROM episodes WHERE closed_at IS NULL") == [("first",)]
    assert [value["kind"] for _, value in await world.left()] == ["cancel_requested"]


async def test_an_end_told_with_a_smaller_amount_is_a_signal_whatever_the_segment(world: World) -> None:
    def pays(amount: int, **more: Any) -> Outgoing:
        at = world.clock.now()
        return told("subscription.updated", at=at, subscription_id="s", status="active", amount=amount, **more)

    await world.wake(pays(9_000))
    world.clock.advance(MINUTE)
    await world.wake(pays(100, cancel_at_period_end=True))
    assert (await world.score())["segment"] == "tech_touch"
    assert [value["kind"] for _, value in await world.left()] == ["cancel_requested"]


async def test_an_account_that_changes_its_segment_starts_no_run(world: World) -> None:
    await world.wake(detracts(), told("account.updated", at=world.clock.now(), arr=200_000))
    score = await world.score()
    assert (score["segment"], score["episode_band"]) == ("high_touch", "at_risk")
    assert await world.rows("SELECT cause FROM episodes WHERE closed_at IS NULL") == [("segment",)]
    assert await world.left() == []


async def test_a_new_model_in_force_rebases_and_says_so(world: World) -> None:
    heavier = {**MODEL.model_dump(mode="json"), "version": 2}
    heavier["groups"][0]["weight"] = 80
    second = document("models", "the test", heavier)
    world.health = Health(InForce(scored_by("hm-2", configuration([second]))), world.clock)
    await world.wake(detracts(), asks_to_cancel())
    assert await world.rows("SELECT model, cause FROM episodes WHERE closed_at IS NULL") == [("hm-2@2", "model")]
    (change,) = await world.rows("SELECT cause, from_raw, to_raw, parts FROM score_changes")
    parts = json.loads(change["parts"])
    assert (change["cause"], {part["measure"] for part in parts} >= {"model", "nps_score"}) == ("model", True)
    assert sum(part["points"] for part in parts) == change["to_raw"] - change["from_raw"]
    assert [value["kind"] for _, value in await world.left()] == ["cancel_requested"]


async def test_a_wobble_within_the_margin_opens_no_second_episode(world: World) -> None:
    for answer in (0, 7, 0, 7):
        world.clock.advance(MINUTE)
        await world.wake(nps(answer, at=world.clock.now()))
    score = await world.score()
    assert (score["score"], score["band"], score["episode_band"]) == (62, "stable", "at_risk")
    assert len(await world.rows("SELECT FROM crossings")) == 1
    world.clock.advance(MINUTE)
    await world.wake(nps(10, at=world.clock.now()))
    assert (await world.score())["episode_band"] == "stable"
    assert len(await world.rows("SELECT FROM crossings")) == 2


async def test_a_score_that_becomes_unknown_suspends_its_episode_which_resumes(database: Database) -> None:
    world = World(database)
    await world.wake(acme_exists(), nps(10, at=NOW), *(used(feature=feature) for feature in FEATURES))
    episode = (await world.score())["episode_id"]
    world.clock.advance(dt.timedelta(days=181))
    await world.sweep()
    score = await world.score()
    assert (score["score"], score["band"], score["episode_id"]) == (None, "unknown", episode)
    assert await world.rows("SELECT suspended_at FROM episodes") == [(world.clock.now(),)]
    now = world.clock.now()
    await world.wake(nps(10, at=now), *(used(at=now, feature=feature) for feature in FEATURES))
    assert (await world.score())["episode_id"] == episode
    assert await world.rows("SELECT suspended_at FROM episodes") == [(None,)]
    assert await world.left() == []


async def _merge(world: World, into: str, other: str) -> None:
    await world.wake(told("account.merged", into, at=world.clock.now(), source="steward", from_id=other))


async def _part(world: World, into: str, other: str) -> None:
    await world.wake(told("account.unmerged", into, at=world.clock.now(), source="steward", from_id=other))


async def test_an_account_that_was_merged_loses_its_score_and_its_episode_without_a_word(world: World) -> None:
    await world.wake(*well("globex"))
    world.clock.advance(MINUTE)
    await _merge(world, "acme", "globex")
    assert [row["account_id"] for row in await world.rows("SELECT account_id FROM scores")] == [ACME]
    (episode,) = await world.rows("SELECT closed_at FROM episodes WHERE account_id = $1", number("globex"))
    assert episode["closed_at"] == world.clock.now()
    assert len(await world.history("move", "globex")) == 1
    assert await world.left() == []


async def test_time_and_late_wake_ups_bring_a_merged_account_no_score_back(world: World) -> None:
    await world.wake(*well("globex"))
    await world.tell(detracts("globex"))
    late = await world.wakes()
    world.clock.advance(MINUTE)
    await _merge(world, "acme", "globex")
    await world.hand(late)
    await world.until(NOW + dt.timedelta(days=2))
    assert [row["account_id"] for row in await world.rows("SELECT account_id FROM scores")] == [ACME]
    assert await world.history("close", "globex") == []


async def test_an_account_that_its_source_deletes_has_no_score_until_it_is_told_of_again(world: World) -> None:
    await world.wake(*well("globex"))
    world.clock.advance(MINUTE)
    await world.wake(told("account.deleted", "globex", at=world.clock.now()))
    scored = "SELECT score FROM scores WHERE account_id = $1"
    assert await world.rows(scored, number("globex")) == []
    (episode,) = await world.rows("SELECT closed_at FROM episodes WHERE account_id = $1", number("globex"))
    assert episode["closed_at"] == world.clock.now()
    await world.wake(detracts("globex"))
    await world.until(NOW + dt.timedelta(days=2))
    assert (await world.rows(scored, number("globex")), await world.history("close", "globex")) == ([], [])
    assert await world.left() == []
    await world.wake(told("account.updated", "globex", at=world.clock.now()))
    assert len(await world.rows(scored, number("globex"))) == 1
    assert await world.left() == []


async def test_live_news_of_an_account_whose_deletion_was_imported_beside_it_scores_it_as_first(world: World) -> None:
    await world.tell(told("account.deleted", "acme", at=NOW + MINUTE / 2), rebase=True)
    await world.tell(told("account.updated", "acme", at=world.clock.now()), detracts(at=world.clock.now()))
    await world.hand(await world.wakes())
    assert (await world.score())["score"] is not None
    (episode,) = await world.rows("SELECT cause FROM episodes WHERE closed_at IS NULL")
    assert episode["cause"] == "first"
    assert await world.left() == []


async def test_parted_again_an_account_is_scored_as_first(world: World) -> None:
    await world.wake(*well("globex"), detracts("globex"))
    world.clock.advance(MINUTE)
    await _merge(world, "acme", "globex")
    world.clock.advance(MINUTE)
    await _part(world, "acme", "globex")
    score = await world.score("globex")
    assert (score["score"], score["band"]) == (52, "at_risk")
    (episode,) = await world.rows(
        "SELECT id, cause FROM episodes WHERE closed_at IS NULL AND account_id = $1", number("globex")
    )
    assert (episode["id"], episode["cause"]) == (score["episode_id"], "first")
    assert await world.rows("SELECT FROM crossings WHERE account_id = $1", number("globex")) == []


async def test_any_number_of_accounts_takes_the_same_number_of_statements(world: World) -> None:
    counts = []
    for names in (["one"], [f"many{i}" for i in range(40)]):
        for name in names:
            await world.tell(*well(name))
        await world.hand(await world.wakes())
        for name in names:
            await world.tell(detracts(name))
        counts.append(await _statements(world))
    assert counts[0] == counts[1] <= 20


async def _statements(world: World) -> int:
    asked: list[str] = []

    class Counting(Writing):
        async def fetch(self, sql: str, *values: Any) -> Any:
            asked.append(sql)
            return await super().fetch(sql, *values)

        async def value(self, sql: str, *values: Any) -> Any:
            asked.append(sql)
            return await super().value(sql, *values)

        async def execute(self, sql: str, *values: Any) -> int:
            asked.append(sql)
            return await super().execute(sql, *values)

        async def copy(self, table: str, columns: Any, rows: Any) -> None:
            asked.append(table)
            await super().copy(table, columns, rows)

    records = await world.wakes()
    async with world.database.writing() as tx:
        await world.health.on_accounts_changed(Counting(tx._connection), records, world.clock.now())
    return len(asked)


@pytest.mark.parametrize(
    "value", [b"\xff{", b"{}", b'{"accounts": [[-1, 1]], "received_at": "2026-07-01T00:00:00Z"}',
              b'{"accounts": [[1, 1]], "received_at": "2026-07-01T00:00:00"}'],
    ids=["not JSON", "nothing", "no account", "naive"],
)  # fmt: skip
async def test_a_wake_up_that_cannot_be_read_is_parked_and_holds_nobody_up(world: World, value: bytes) -> None:
    await world.tell(detracts())
    poison = Record(Partition("account.changes", 0), 7, 0, None, value, [])
    await world.hand([poison, *await world.wakes()])
    assert (await world.score())["facts_version"] == 2
    (parked,) = await world.rows("SELECT source, topic, reason, value FROM rejected")
    assert tuple(parked) == ("steward", "account.changes", "invalid_payload", value)
