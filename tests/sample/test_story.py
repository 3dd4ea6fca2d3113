"""The demo's story: what it tells, to whom, and that nothing is hurried."""

import asyncio
import datetime as dt
import io
import uuid
from collections.abc import Sequence
from typing import Any

import httpx
from rich.console import Console

from services.cli import onlooking
from services.cli.demo import prepare
from services.cli.news import alert_line, crossing_line, run_line
from services.cli.pump import pump, record_of
from services.cli.receiver import receiving
from services.ingest.sources import translate
from services.sample import simulate
from shared.broker import Outgoing, Partition, Record
from shared.clock import FrozenClock
from shared.database import Database, Writing
from tests.sample.conftest import UNTIL

CROSSING = {
    "direction": "down", "previous_score": 68, "score": 39, "from_band": "stable", "to_band": "critical",
    "name": "[b]Tavrmere[/b]", "causes": '[{"label": "NPS answer", "points": -6700000},'
    ' {"label": "Growth", "points": 100}, {"label": "Payment history", "points": -5000000}]',
}  # fmt: skip


class Wire:
    """A producer that remembers what it was given."""

    def __init__(self) -> None:
        self.sent: list[Outgoing] = []
        self.used = asyncio.Event()

    async def send(self, records: Sequence[Outgoing]) -> None:
        self.sent += records
        self.used.set()

    async def stop(self) -> None: ...


def _as_read(out: Outgoing) -> Record:
    return Record(Partition(out.topic, 0), 0, 0, out.key, out.value, out.headers)


def test_ingest_reads_what_the_pump_sends(history: list[dict[str, Any]]) -> None:
    for event in history[::500]:
        (read,) = translate(_as_read(record_of(event)))
        assert (read.type, read.source, read.account) == (event["type"], event["source"], ("native", event["subject"]))


async def test_the_pump_sends_what_is_due_in_order_and_ends_with_its_story(history: list[dict[str, Any]]) -> None:
    wire, clock = Wire(), FrozenClock(UNTIL)
    await pump(wire, iter([(UNTIL, event) for event in history[:1_200]]), clock)
    assert [out.key for out in wire.sent] == [event["subject"].encode() for event in history[:1_200]]


async def test_what_lies_ahead_waits_for_its_time(history: list[dict[str, Any]]) -> None:
    wire, clock = Wire(), FrozenClock(UNTIL)
    ahead = [(UNTIL, history[0]), (UNTIL + dt.timedelta(hours=1), history[1])]
    running = asyncio.create_task(pump(wire, iter(ahead), clock))
    await wire.used.wait()
    assert len(wire.sent) == 1
    running.cancel()


async def test_a_visitors_alert_is_kept_and_acknowledged_as_slack_does() -> None:
    async with receiving() as receiver, httpx.AsyncClient(trust_env=False) as slack:
        told = await slack.post(receiver.url, json={"text": "Tavrmere is at risk"})
        assert (told.status_code, told.text) == (200, "ok")
        assert (await receiver.arrives())["text"] == "Tavrmere is at risk"
        for rubbish in (b"{", b"[]", b"\xff"):
            assert (await slack.post(receiver.url, content=rubbish)).text == "invalid_payload"
        assert [message["text"] for message in receiver.messages] == ["Tavrmere is at risk"]


def test_a_crossing_names_its_greatest_causes_and_no_markup_comes_out_of_a_name() -> None:
    shown = _shown(crossing_line(CROSSING))
    assert "[b]Tavrmere[/b]  68 → 39  stable → critical  NPS answer -6.7, Payment history -5.0" in shown
    assert "Growth" not in shown


def test_a_run_says_what_comes_first() -> None:
    run = {
        "name": "Tavrmere",
        "playbook": "at-risk",
        "tasks": 8,
        "first_task": "Review",
        "first_due": dt.date(2026, 3, 4),
    }
    assert _shown(run_line(run)) == "▶ Tavrmere  playbook at-risk, 8 tasks; first: Review, due Wed 04 Mar"
    assert _shown(run_line({**run, "tasks": 0, "first_task": None})) == "▶ Tavrmere  playbook at-risk, 0 tasks"


def test_an_alert_without_text_is_still_a_line() -> None:
    assert _shown(alert_line({})) == "✉ Slack:"


async def test_the_history_is_told_once_in_order_and_then_assessed() -> None:
    company = simulate(accounts=12, days=60, until=UNTIL, seed=3)
    told: list[dict[str, Any]] = []
    done: list[tuple[int, int]] = []

    async def ingest(events: Sequence[dict[str, Any]]) -> None:
        told.extend(events)

    async def assess(on_progress: Any) -> None:
        on_progress(60, 60)
        done.append((len(told), 60))

    console = Console(file=io.StringIO())
    count = await prepare(company=company, after=None, console=console, ingest_history=ingest, assess_history=assess)
    assert told == list(company.history())
    assert done == [(count, 60)]


async def test_a_demo_that_is_taken_up_again_tells_only_what_happened_meanwhile() -> None:
    earlier = simulate(accounts=12, days=60, until=UNTIL, seed=3)
    now = UNTIL + dt.timedelta(days=3, hours=2)
    told: list[dict[str, Any]] = []

    async def ingest(events: Sequence[dict[str, Any]]) -> None:
        told.extend(events)

    async def assess(_: Any) -> None: ...

    console = Console(file=io.StringIO())
    later = earlier.extended(now)
    await prepare(company=later, after=UNTIL, console=console, ingest_history=ingest, assess_history=assess)
    assert [*earlier.history(), *told] == list(later.history())


async def test_the_onlooker_finds_crossings_and_the_hero_with_the_least_to_fall(database: Database) -> None:
    async with database.writing() as tx:
        for number, score in ((1, 64), (2, 71), (3, 41)):
            await _account(tx, number, score)
        await _crossing(tx, 2)
    async with database.reading() as tx:
        assert await onlooking.lowest_of(tx, ["C1", "C2", "C3"], 62) == "C1"
        assert await onlooking.lowest_of(tx, ["C3"], 62) is None
        (crossing,) = await onlooking.crossings(tx, UNTIL)
        assert crossing_line(crossing)
        assert await onlooking.crossings(tx, UNTIL + dt.timedelta(seconds=1)) == []
        assert await onlooking.runs(tx, UNTIL) == []
        assert await onlooking.told_between(tx) is None


async def _account(tx: Writing, number: int, score: int) -> None:
    await tx.execute("INSERT INTO accounts (id, name, created_at) VALUES ($1, $2, $3)", number, f"Acme {number}", UNTIL)
    await tx.execute(
        "INSERT INTO identities (source, external_id, account_id, linked_at, event_id)"
        " VALUES ('native', $1, $2, $3, ''::bytea)",
        f"C{number}", number, UNTIL,
    )  # fmt: skip
    await tx.execute(
        "INSERT INTO scores (account_id, model, segment, score, coverage, band, assessment, facts, facts_version,"
        " assessed_at, effective_at, next_due, closed_through)"
        " VALUES ($1, 'hm-2@1', 'low_touch', $2, 1000000, 'stable', ''::bytea, ''::bytea, 1, $3, $3, $3, 0)",
        number, score, UNTIL,
    )  # fmt: skip


async def _crossing(tx: Writing, account: int) -> None:
    episode = uuid.uuid4()
    await tx.execute(
        "INSERT INTO episodes (id, account_id, model, band, opened_at, cause)"
        " VALUES ($1, $2, 'hm-2@1', 'stable', $3, 'x')",
        episode, account, UNTIL,
    )  # fmt: skip
    await tx.execute(
        "INSERT INTO crossings (id, account_id, episode_id, model, to_band, direction, at, causes)"
        " VALUES ($1, $2, $3, 'hm-2@1', 'stable', 'down', $4, '[]')",
        uuid.uuid4(), account, episode, UNTIL,
    )  # fmt: skip


def _shown(line: str) -> str:
    console = Console(file=io.StringIO(), width=300)
    console.print(line, highlight=False, soft_wrap=True)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue().rstrip()
