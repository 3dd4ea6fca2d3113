"""Segments, sizes, tiers and stages as they move: SEG-1, SEG-9, ERR-19, ERR-22, and what is told of it."""

import datetime as dt
from typing import Any

import pytest

from services.health.tiers import ranked
from shared.database import Database
from tests.cast import NOW, acme_exists, told, used
from tests.health_io.stories import LATER, asks_to_cancel, detracts, well
from tests.health_io.world import RULES, World, number

DAY = dt.timedelta(days=1)


@pytest.fixture
async def world(database: Database) -> World:
    """Nothing is known yet; yesterday is closed."""
    world = World(database)
    await world.sweep()
    return world


def moves(told: list[Any], *kinds: str) -> list[tuple[str, str, str, str]]:
    """(kind, from, to, cause) of transitions."""
    return [(t["kind"], t["from_name"], t["to_name"], t["cause"]) for t in told if not kinds or t["kind"] in kinds]


async def test_a_first_assessment_places_an_account_and_tells_of_no_transition(world: World) -> None:
    await world.wake(acme_exists(arr=60_000, customer_since="2026-02-01"), used())
    row = await world.score()
    assert (row["segment"], row["served_as"], row["size"], row["stage"]) == (
        "low_touch", "low_touch", "mid_market", "adoption",
    )  # fmt: skip
    assert (row["arr"], row["stage_since"].date()) == (60_000_000_000, dt.date(2026, 3, 4))
    assert await world.transitions() == []


@pytest.mark.parametrize(
    ("before", "after", "to", "words"),
    [
        (14_000, 15_000, "low_touch", "Tech touch → Low touch: Pooled CSM"),
        (99_000, 100_000, "high_touch", "Low touch → High touch: Dedicated CSM"),
        (100_000, 99_999, "low_touch", "High touch → Low touch: Pooled CSM"),
        (15_000, 14_999, "tech_touch", "Low touch → Tech touch: Automated journeys"),
    ],
)
async def test_seg_9_revenue_across_a_bound_moves_it_on_the_event_that_says_so(
    world: World, before: int, after: int, to: str, words: str
) -> None:
    await world.wake(acme_exists(arr=before))
    await world.wake(told("account.updated", at=LATER, arr=after))
    (one,) = [t for t in await world.transitions() if t["kind"] == "segment"]
    (event,) = await world.rows("SELECT encode(id, 'hex') AS id FROM telling_events WHERE version = 2")
    assert (one["to_name"], one["words"], one["cause"], one["events"]) == (to, words, "events", [event["id"]])
    assert (await world.score())["segment"] == to
    (stored,) = await world.rows("SELECT id::text, scheme FROM transitions WHERE kind = 'segment'")
    assert (stored["id"], stored["scheme"]) == (one["transition_id"], "seg-4")


async def test_seg_9_a_strategic_account_is_high_touch(world: World) -> None:
    await world.wake(acme_exists(arr=1_000))
    await world.wake(told("account.updated", at=LATER, strategic=True))
    assert moves(await world.transitions()) == [("segment", "tech_touch", "high_touch", "events")]


async def test_a_new_segment_starts_no_run(world: World) -> None:
    await world.wake(*well(arr=14_000))
    await world.wake(told("account.updated", at=LATER, arr=150_000))
    assert [headers["ce_type"] for headers, _ in await world.left()] == []
    assert moves(await world.transitions(), "segment", "size") == [
        ("segment", "tech_touch", "high_touch", "events"), ("size", "smb", "enterprise", "events"),
    ]  # fmt: skip


async def test_seg_9_err_22_below_40_it_is_served_as_the_segment_above_until_it_has_recovered(world: World) -> None:
    await world.wake(*well(arr=60_000))
    await world.until(NOW + 14 * DAY)
    row = await world.score()
    assert (row["score"], row["segment"], row["served_as"], row["model"]) == (39, "low_touch", "high_touch", "hm-2@1")
    (one,) = [t for t in await world.transitions() if t["kind"] == "served_as"]
    assert (one["from_name"], one["to_name"], one["cause"]) == ("low_touch", "high_touch", "time")
    assert one["words"] == "High touch until it has recovered: its score fell below 40"
    await world.wake(used(at=world.clock.now()))
    row = await world.score()
    assert (row["score"] >= 45, row["segment"], row["served_as"]) == (True, "low_touch", "low_touch")
    assert moves(await world.transitions(), "served_as")[1:] == [("served_as", "high_touch", "low_touch", "events")]


async def test_err_22_a_score_just_above_40_has_not_recovered(world: World) -> None:
    """The episode stays critical up to 45, and so does the upgrade."""
    await world.wake(*well(arr=60_000), detracts(at=NOW))
    await world.until(NOW + 14 * DAY)
    assert (await world.score())["served_as"] == "high_touch"
    async with world.database.writing() as tx:
        await tx.execute("UPDATE scores SET score = 42, raw = 42000000, band = 'at_risk'")
    await world.wake(told("account.updated", at=world.clock.now(), industry="Toys"))
    row = await world.score()
    assert (row["episode_band"], row["served_as"]) == ("critical", "high_touch")


async def test_imported_history_tells_of_no_transition(world: World) -> None:
    await world.wake(acme_exists(arr=14_000))
    await world.tell(told("account.updated", at=LATER, arr=150_000), rebase=True)
    await world.wake()
    assert (await world.score())["segment"] == "high_touch"
    assert await world.transitions() == []


# --- stages -------------------------------------------------------------------------------------------


async def test_time_alone_moves_a_stage_at_its_very_instant(world: World) -> None:
    starts = NOW - 29 * DAY
    await world.wake(
        acme_exists(), used(at=NOW - DAY),
        told("subscription.updated", subscription_id="s", status="active", amount=1_000, started_at=starts),
    )  # fmt: skip
    row = await world.score()
    assert (row["stage"], row["stage_since"], row["stage_due"]) == ("onboarding", starts, starts + 30 * DAY)
    await world.until(NOW + DAY - dt.timedelta(seconds=1))
    await world.sweep()
    assert (await world.score())["next_due"] == NOW + DAY
    world.clock.at = NOW + DAY
    await world.sweep()
    (one,) = [t for t in await world.transitions() if t["kind"] == "stage"]
    assert (one["from_name"], one["to_name"], one["cause"], one["scheme"]) == ("onboarding", "adoption", "time", "s1")
    assert dt.datetime.fromisoformat(one["entered_at"]) == NOW + DAY


async def test_an_event_moves_a_stage_and_is_named(world: World) -> None:
    await world.wake(acme_exists(), used())
    world.clock.at = LATER
    await world.wake(told("milestone.reached", at=LATER, milestone="go_live"))
    (one,) = [t for t in await world.transitions() if t["kind"] == "stage"]
    assert (one["from_name"], one["to_name"], one["words"]) == ("onboarding", "adoption", "Onboarding → Adoption")
    (event,) = await world.rows("SELECT encode(id, 'hex') AS id FROM telling_events WHERE type = 'milestone.reached'")
    assert one["events"] == [event["id"]]
    assert (await world.score())["stage_since"] == LATER


async def test_moments_of_truth_are_marked_once_each_at_their_own_time(world: World) -> None:
    await world.wake(acme_exists(), used(at=NOW - DAY))
    await world.wake(told("ticket.updated", at=LATER, ticket_id="t", status="open", opened_at=NOW, escalated=True))
    await world.wake(told("ticket.updated", at=LATER, ticket_id="u", status="open", opened_at=NOW - 2 * DAY))
    found = await world.rows("SELECT moment, thing, at FROM moments ORDER BY at, moment")
    assert [tuple(row) for row in found] == [
        ("first_ticket", "", NOW - 2 * DAY),
        ("first_login", "", dt.datetime(2026, 3, 3, tzinfo=dt.UTC)),
        ("escalation", "t", NOW),
    ]


async def test_an_assessment_that_moves_nothing_writes_no_place(world: World) -> None:
    await world.wake(*well())
    before = await world.fingerprint()
    await world.wake(used(at=LATER))
    assert [row[:-1] for row in map(tuple, await world.fingerprint())] == [row[:-1] for row in map(tuple, before)]
    await world.wake(asks_to_cancel())
    assert await world.transitions() == []


# --- tiers --------------------------------------------------------------------------------------------


async def test_seg_1_the_base_is_ranked_once_a_day_and_newcomers_get_their_place(world: World) -> None:
    arrs = {f"a{n}": arr for n, arr in enumerate([90, 80, 80, 70, 60, 50, 40, 30])}
    for name, arr in arrs.items():
        await world.wake(acme_exists(name, arr=arr))
    await world.sweep()
    tiers = {row["account_id"]: row["tier"] for row in await world.rows("SELECT account_id, tier FROM scores")}
    assert tiers == ranked(RULES.tier, {number(name): arr for name, arr in arrs.items()})
    assert sorted(tiers.values()) == ["gold"] * 2 + ["platinum"] + ["silver"] * 5
    await world.wake(acme_exists("a9", arr=1_000))
    world.clock.advance(dt.timedelta(minutes=2))
    await world.sweep()
    again = {row["account_id"]: row["tier"] for row in await world.rows("SELECT account_id, tier FROM scores")}
    assert again == tiers | {number("a9"): "platinum"}
    assert await world.transitions() == []
    await world.until(NOW + DAY)
    assert ("tier", "platinum", "gold", "time") in moves(await world.transitions())
    assert (await world.score("a9"))["tier"] == "platinum"
