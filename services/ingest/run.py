"""Ingest as a running service: the consumer, the relay, the sweeper of unmatched events, freshness, housekeeping."""

import asyncio
import datetime as dt
from collections.abc import Awaitable, Callable

from services.ingest import recognising
from services.ingest.forgetting import keep_ids
from services.ingest.handle import Ingest
from services.ingest.joining import join_told
from services.ingest.spreading import spread
from services.ingest.store import events
from shared.broker import Broker
from shared.clock import Clock
from shared.consume import run_consumer
from shared.contracts import SOURCE_TOPICS
from shared.database import Database
from shared.logs import log
from shared.outbox import run_relay
from shared.process import insist
from shared.settings import Settings

_COALESCE_MS = 40  # a transaction for each 40 ms of live events, not for each handful


async def run(broker: Broker, database: Database, settings: Settings, clock: Clock) -> None:
    """Runs until cancelled."""
    ingest = Ingest(settings)
    await insist(lambda: keep_house(database, settings, clock), "house")
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(
            run_consumer(
                broker=broker, database=database, settings=settings, group="ingest",
                topics=[str(topic) for topic in SOURCE_TOPICS], handler=ingest.on_records, clock=clock, name="ingest",
                coalesce_ms=_COALESCE_MS,
            ),
            name="ingest-consumer",
        )  # fmt: skip
        tasks.create_task(
            run_relay(broker=broker, database=database, owner="ingest", name="ingest"), name="ingest-relay"
        )
        tasks.create_task(_every(1.0, lambda: _sweep(ingest, database, clock), "sweep"), name="ingest-sweeper")
        tasks.create_task(
            _every(1.0, lambda: _freshen(ingest, database, settings, clock), "freshness"), name="ingest-freshness"
        )
        tasks.create_task(
            _every(60.0, lambda: _recognise(database, settings, clock), "recognise"), name="ingest-recogniser"
        )
        tasks.create_task(_every(5.0, lambda: spread(database, ingest, clock.now()), "spread"), name="ingest-spreader")
        tasks.create_task(_every(5.0, lambda: join_told(database, ingest, clock.now()), "join"), name="ingest-joiner")
        tasks.create_task(_every(3600.0, lambda: keep_house(database, settings, clock), "house"), name="ingest-house")
        if settings.archive_url is not None:
            from services.ingest.archive_hourly import run_erasures, run_hourly  # noqa: PLC0415  # pyarrow is heavy

            tasks.create_task(
                _every(3600.0, lambda: run_hourly(database, settings, clock.now()), "archive"), name="ingest-archive"
            )
            tasks.create_task(
                _every(30.0, lambda: run_erasures(database, settings, clock.now()), "erasures"), name="ingest-erasures"
            )


async def keep_house(database: Database, settings: Settings, clock: Clock) -> None:
    """Partitions of events for this month and the next two; parts of the ids begun, and forgotten when they are old."""
    today = clock.now().date()
    month = today.replace(day=1)
    for _ in range(3):
        async with database.writing(lock_timeout_ms=5_000) as tx:
            await events.make_partition(tx, month)
        month = (month.replace(day=28) + dt.timedelta(days=4)).replace(day=1)
    await keep_ids(database, settings, today)


async def _freshen(ingest: Ingest, database: Database, settings: Settings, clock: Clock) -> None:
    await ingest.freshness.flush(database)
    await ingest.freshness.tell(database, settings, clock.now())


async def _recognise(database: Database, settings: Settings, clock: Clock) -> None:
    """Links keys of people whose events wait, for batches that looked just before the person was known."""
    async with database.writing() as tx:
        await recognising.link_waiting(tx, clock.now(), domains=settings.match_email_domains)


async def _sweep(ingest: Ingest, database: Database, clock: Clock) -> None:
    while True:
        async with database.writing() as tx:
            applied = await ingest.apply_matched(tx, clock.now())
        if not applied:
            return


async def _every(seconds: float, act: Callable[[], Awaitable[object]], name: str) -> None:
    """Acts again and again; a failure is logged and does not end the service."""
    while True:
        await asyncio.sleep(seconds)
        try:
            await act()
        except Exception as error:
            log.warning("housekeeping_failed", what=name, error=repr(error))
