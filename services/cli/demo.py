"""`steward demo`: a sample company comes alive. Its history is told, then its present, and a visitor looks on.

`prepare` and `tell` are the story; they know nothing of what they are wired to. `demo` wires them.
"""

# ruff: noqa: PLC0415  # a command imports what it needs when it runs

import asyncio
import datetime as dt
import heapq
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

from rich.console import Console
from rich.markup import escape

from services.cli import onlooking
from services.cli.news import listen, watch
from services.cli.progress import following
from services.cli.pump import Told, pump
from services.cli.receiver import Receiver, receiving
from services.sample import Company
from services.sample.diary import Native
from services.sample.fate import Fate
from services.sample.hero import slide
from shared.broker import Broker
from shared.clock import Clock
from shared.database import Database

if TYPE_CHECKING:
    from services.cli.wiring import Installation
    from shared.settings import Settings

CHUNK = 8_000
"""Events of the history that are ingested at once."""

GREEN = 62
"""A hero's score before it slides is at least this: two above the bound of stable, for live traffic moves it, too."""

OnProgress = Callable[[int, int], None]
IngestHistory = Callable[[Sequence[Native]], Awaitable[object]]
AssessHistory = Callable[[OnProgress], Awaitable[object]]


class Opened(NamedTuple):
    """How a visitor gets in: where the console is, a link that signs in once, an API key, and what to know of it."""

    address: str
    sign_in: str
    key: str
    data_dir: str
    remark: str = ""


# --- the story ----------------------------------------------------------------------------------------


async def prepare(
    *,
    company: Company,
    after: dt.datetime | None,
    console: Console,
    ingest_history: IngestHistory,
    assess_history: AssessHistory,
) -> int:
    """Ingests and assesses the company's history (what is later than `after`, if given), with a progress bar; how
    many events that were."""
    told = 0
    with following(console) as follow:
        tell_day = follow("history, day by day", company.days)
        history = _later_than(company.history(), after)
        while some := await asyncio.to_thread(lambda: list(islice(history, CHUNK))):
            await ingest_history(some)
            told += len(some)
            tell_day(min(_day(company, some[-1]), company.days - 1), company.days)
        tell_day(company.days, company.days)
        await assess_history(follow("scores, day by day", None))
    return told


async def tell(
    *,
    company: Company,
    database: Database,
    broker: Broker,
    clock: Clock,
    console: Console,
    receiver: Receiver,
    open_console: Callable[[], Awaitable[Opened]],
) -> None:
    """Says where the console is, lets live traffic flow with a hero in it who slides, and tells every crossing, run
    and alert. Until cancelled. Time is real: nothing is hurried."""
    opened = await open_console()
    hero = await _hero(company, database)
    began = clock.now()
    _say_where(console, company, opened, slides=hero is not None)
    producer = await broker.producer("demo-pump")
    try:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(watch(database, console, began), name="demo-watch")
            tasks.create_task(listen(receiver, clock, console), name="demo-listen")
            tasks.create_task(pump(producer, _traffic(company, hero, began), clock), name="demo-pump")
    finally:
        await producer.stop()


async def _hero(company: Company, database: Database) -> Fate | None:
    """Of the heroes that are green, if there are any, the one that has the least to fall to be critical."""
    heroes = {fate.account.key: fate for fate in company.heroes}
    async with database.reading() as tx:
        key = await onlooking.lowest_of(tx, list(heroes), GREEN)
    return None if key is None else heroes[key]


def _traffic(company: Company, hero: Fate | None, start: dt.datetime) -> Told:
    """All that happens after `start`, with the hero's slide in it."""
    live = company.live(start)
    if hero is None:
        return live
    return heapq.merge(live, slide(company, hero, start), key=lambda told: told[0])


def _later_than(events: Iterator[Native], after: dt.datetime | None) -> Iterator[Native]:
    """Without what was told before. Times are RFC 3339 in UTC to the second: their text sorts as they do."""
    return events if after is None else (e for e in events if e["time"] > after.strftime("%Y-%m-%dT%H:%M:%SZ"))


def _day(company: Company, event: Native) -> int:
    return (int(dt.datetime.fromisoformat(event["time"]).timestamp()) - company.origin) // 86_400


def _say_where(console: Console, company: Company, opened: Opened, *, slides: bool) -> None:
    hint = " An account that everybody thinks is fine is about to slide; watch." if slides else ""
    console.print(
        f"\n[bold]Steward is alive[/] with {len(company.fates)} accounts.\n\n"
        f"  Console   [bold link={opened.sign_in}]{escape(opened.sign_in)}[/]\n"
        f"            [dim]signs in once, within half an hour[/]\n"
        f"  API       {escape(opened.address)}/v1\n"
        f"  API key   {escape(opened.key)}\n"
        f"  Data      {escape(opened.data_dir)}\n"
        f'            [dim]STEWARD_DATA_DIR={escape(opened.data_dir)} steward why "…" asks beside this demo[/]\n\n'
        f"{escape(opened.remark)}Live traffic flows.{hint} Ctrl-C stops it.\n",
        soft_wrap=True,
        highlight=False,
    )


# --- the wiring ---------------------------------------------------------------------------------------


async def demo(*, accounts: int, days: int, seed: int) -> None:
    """Everything in one process, on an embedded PostgreSQL of the demo's own unless the settings name one."""
    from services.cli.terminal import out
    from services.cli.wiring import SERVICES, parts
    from shared.logs import start_logging
    from shared.process import calm_the_collector, supervise

    start_logging("error")  # the story tells what a visitor needs to know
    console = out.console
    async with _installed(f"{accounts}-{days}-{seed}") as (installed, receiver):
        company, after = await _company(installed, accounts, days, seed)
        await prepare(
            company=company,
            after=after,
            console=console,
            ingest_history=_ingest(installed),
            assess_history=_assess(installed, company, after),
        )
        calm_the_collector()
        bound: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        running = parts(SERVICES, installed, bound.set_result)
        running["story"] = tell(
            company=company,
            database=installed.database,
            broker=installed.broker,
            clock=installed.clock,
            console=console,
            receiver=receiver,
            open_console=lambda: _open(installed, bound),
        )
        await supervise(running)
    console.print("\nStopped. The sample company is kept; `steward demo` takes it up again.")


@asynccontextmanager
async def _installed(name: str) -> "AsyncIterator[tuple[Installation, Receiver]]":
    from services.cli.wiring import TOPICS, open_alone
    from shared.settings import Settings

    async with receiving() as receiver:
        settings = _for_demo(Settings(), receiver, name)
        async with open_alone(settings, application="steward-demo") as installed:
            await installed.broker.create_topics(TOPICS, settings.partitions)
            yield installed, receiver


def _for_demo(settings: "Settings", receiver: Receiver, name: str) -> "Settings":
    """The settings with a directory for this sample company, and alerts that go to the receiver."""
    from pydantic import SecretStr

    return settings.model_copy(
        update={
            "data_dir": settings.data_dir / f"demo-{name}",
            "slack_webhook_url": SecretStr(receiver.url),
            "outbound_allow_private": [*settings.outbound_allow_private, "127.0.0.1"],
        }
    )


async def _company(
    installed: "Installation", accounts: int, days: int, seed: int
) -> tuple[Company, dt.datetime | None]:
    """The company up to now, and until when the database knows it: of an earlier demo, it is the same one."""
    from services.sample import simulate

    now = installed.clock.now()
    async with installed.database.reading() as tx:
        known = await onlooking.told_between(tx)
    if known is None:
        return simulate(until=now, accounts=accounts, days=days, seed=seed), None
    first_end = known[0].replace(hour=0, minute=0, second=0, microsecond=0) + dt.timedelta(days=days)
    return simulate(until=first_end, accounts=accounts, days=days, seed=seed).extended(now), known[1]


def _ingest(installed: "Installation") -> IngestHistory:
    from services.cli.pump import record_of
    from services.ingest.handle import Ingest
    from services.ingest.nouns import Arrival
    from services.ingest.run import keep_house
    from services.ingest.sources import translate
    from shared.broker import Partition, Record
    from shared.clock import to_us

    ingest = Ingest(installed.settings)
    house_is_kept = asyncio.Event()

    async def accept(events: Sequence[Native]) -> None:
        now = installed.clock.now()
        if not house_is_kept.is_set():
            await keep_house(installed.database, installed.settings, installed.clock)
            house_is_kept.set()
        arrivals: list[Any] = []
        for out in map(record_of, events):
            record = Record(Partition(out.topic, 0), 0, to_us(now) // 1000, out.key, out.value, out.headers)
            arrivals += (Arrival(event, to_us(now)) for event in translate(record))
        async with installed.database.writing() as tx:
            await ingest.accept(tx, arrivals, now, imported=True, rebase=True)

    return accept


def _assess(installed: "Installation", company: Company, after: dt.datetime | None) -> AssessHistory:
    from services.health.force import by_settings
    from services.health.grid import backfill
    from shared.clock import day_of, to_us

    async def assess(on_progress: OnProgress) -> None:
        today = day_of(to_us(installed.clock.now()))
        since = today - company.days if after is None else day_of(to_us(after))
        in_force = by_settings(installed.settings)
        await backfill(installed.database, in_force, None, since, today, installed.clock, on_progress)

    return assess


async def _open(installed: "Installation", bound: "asyncio.Future[int]") -> Opened:
    from services.api.auth import create_key, create_sign_in_link
    from services.api.roles import Role

    port, wanted = await bound, installed.settings.api_port
    taken = f"Port {wanted} is taken; STEWARD_API_PORT chooses another.\n" if wanted not in (0, port) else ""
    address = f"http://localhost:{port}"
    now, by = installed.clock.now(), "steward demo"
    async with installed.database.writing() as tx:
        link = await create_sign_in_link(tx, email="visitor@example.com", role=Role.ADMIN, now=now, by=by)
        key = await create_key(tx, name="demo", role=Role.ADMIN, env=installed.settings.env, now=now, by=by)
    return Opened(address, address + link, key.text, str(installed.settings.data_dir), taken)
