"""Health as a running service: the consumer of wake-ups, the sweep, the corrections, the relay."""

import asyncio

from services.health.apply import apply_first
from services.health.correct import run_corrections
from services.health.force import InForce, quiet_by
from services.health.gathering import gathered
from services.health.handle import Health
from services.health.predict.daily import run_predictions
from services.health.sweep import catch_up, run_sweep
from shared.broker import Broker
from shared.clock import Clock
from shared.consume import run_consumer
from shared.contracts import Topic
from shared.database import Database
from shared.outbox import run_relay
from shared.process import insist
from shared.settings import Settings

_MOST_COALESCE_MS = 8_000  # in a backlog, an account is assessed once for all that happened in so long


async def run(broker: Broker, database: Database, settings: Settings, clock: Clock) -> None:
    """Runs until cancelled. Days that passed meanwhile are closed first, one after another for all accounts, so that
    each is assessed against the peers of the day before it; also where only an import was here before, and nothing is
    in force yet."""
    files = gathered(settings.config_dir)
    quiet = quiet_by(settings)
    in_force = InForce(files, quiet)
    await insist(lambda: catch_up(database, in_force, clock), "days")
    await insist(lambda: apply_first(database, files, clock, quiet), "configuration")
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(
            run_consumer(
                broker=broker, database=database, settings=settings, group="health", topics=[str(Topic.CHANGES)],
                handler=Health(in_force, clock).on_accounts_changed, clock=clock, name="health",
                coalesce_ms=settings.wakeup_coalesce_ms, most_coalesce_ms=_MOST_COALESCE_MS,
            ),
            name="health-consumer",
        )  # fmt: skip
        tasks.create_task(run_sweep(database, in_force, clock), name="health-sweep")
        tasks.create_task(run_corrections(database, in_force, clock), name="health-corrections")
        tasks.create_task(run_predictions(database, in_force, clock), name="health-predictions")
        tasks.create_task(
            run_relay(broker=broker, database=database, owner="health", name="health"), name="health-relay"
        )
