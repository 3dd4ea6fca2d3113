"""Playbooks as a running service: the consumer of crossings, the clock of runs, deliveries, the relay."""

import asyncio
from collections.abc import Awaitable, Callable

from services.playbooks.deliver import deliver_next
from services.playbooks.handle import on_crossings
from services.playbooks.house import House
from services.playbooks.lint import lint
from services.playbooks.loading import has_template, load
from services.playbooks.outcome import OWNER
from services.playbooks.runner import run_due
from services.playbooks.store.definitions import put_in_force
from shared.broker import Broker
from shared.clock import Clock
from shared.consume import run_consumer
from shared.contracts import Topic
from shared.database import Database
from shared.errors import Invalid
from shared.logs import log
from shared.outbound import Outbound
from shared.outbox import run_relay
from shared.process import insist
from shared.settings import Settings

GROUP = "playbooks"
BATCH = 200
"""Most crossings of one transaction: each may start a run with its tasks, alert and events, about 20 rows."""
_EVERY_S = 1.0
"""Between two looks at runs; and between two deliveries, because Slack takes one message a second."""


async def run(broker: Broker, database: Database, settings: Settings, clock: Clock) -> None:
    """Runs until cancelled. Raises Invalid when the playbooks in force do not pass lint."""
    house: House = await insist(lambda: open_house(database, settings, clock), "playbooks")

    async def look() -> None:
        await run_due(database, house, clock.now())

    async with Outbound.open(allow_private=settings.outbound_allow_private) as outbound, asyncio.TaskGroup() as group:

        async def deliver() -> None:
            await deliver_next(database, outbound, settings, clock)

        small = settings.model_copy(update={"batch_records": min(settings.batch_records, BATCH)})
        group.create_task(
            run_consumer(
                broker=broker, database=database, settings=small, group=GROUP, topics=[str(Topic.CROSSINGS)],
                handler=on_crossings(house), clock=clock, name="playbooks",
            ),
            name="playbooks-consumer",
        )  # fmt: skip
        relay = run_relay(broker=broker, database=database, owner=OWNER, name="playbooks")
        group.create_task(relay, name="playbooks-relay")
        group.create_task(_again_and_again(look, "runs"), name="playbooks-runs")
        group.create_task(_again_and_again(deliver, "deliveries"), name="playbooks-deliveries")


async def open_house(database: Database, settings: Settings, clock: Clock) -> House:
    """Loads the playbooks, refuses them with all problems that lint finds, and records those in force."""
    playbooks = tuple(playbook for playbook in load(settings.config_dir) if playbook.in_force)
    problems = lint(playbooks, has_template)
    if problems:
        raise Invalid("\n".join(f"{p.playbook}, {p.place}: {p.words}" for p in problems), "correct the playbook files")
    async with database.writing() as tx:
        versions = await put_in_force(tx, playbooks, clock.now())
    return House(settings, playbooks, versions)


async def _again_and_again(act: Callable[[], Awaitable[None]], what: str) -> None:
    """Every second; a failure is logged and does not end the service: what is due stays due."""
    while True:
        try:
            await act()
        except Exception as error:
            log.warning("playbooks_in_trouble", what=what, error=repr(error))
        await asyncio.sleep(_EVERY_S)
