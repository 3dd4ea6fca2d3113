"""Readiness tells the truth: what waits, and that health closes days before it does anything else."""

import pytest

from services.cli.wiring import Installation
from shared import positions
from shared.broker import Partition
from shared.clock import FrozenClock, day_of, to_us
from shared.contracts import Topic
from shared.database import Database
from shared.embedded_log import EmbeddedLog
from shared.errors import NotReady
from shared.positions import Trouble
from shared.settings import Settings
from tests.cast import NOW
from tests.playbooks.world import an_account

TODAY = day_of(to_us(NOW))


@pytest.fixture
def installed(database: Database) -> Installation:
    return Installation(Settings(), database, EmbeddedLog(database), FrozenClock(NOW))


async def closed_through(database: Database, day: int) -> None:
    await an_account(database)
    async with database.writing() as tx:
        await tx.execute("UPDATE scores SET closed_through = $1", day)


async def test_a_partition_that_waits_is_named_with_error_and_remedy(
    installed: Installation, database: Database
) -> None:
    place = Partition(str(Topic.CHANGES), 3)
    assert await installed.ready("health") == {}
    async with database.writing() as tx:
        claimed = await positions.claim(tx, "health", place, 0, "health-0")
        await positions.note(tx, "health", place, claimed.epoch, Trouble("the record at 4 fails", "mend it"))
    (waits,) = (await installed.ready("health"))["waiting"]  # type: ignore[misc]
    told = (waits["group"], waits["topic"], waits["partition"], waits["error"], waits["remedy"])
    assert told == ("health", "account.changes", 3, "the record at 4 fails", "mend it")


async def test_health_is_not_ready_while_it_closes_days(installed: Installation, database: Database) -> None:
    await closed_through(database, TODAY - 5)
    with pytest.raises(NotReady, match="4 days are closed first"):
        await installed.ready("health")
    assert await installed.ready("up") == {"days_to_close": 4}


async def test_the_day_that_has_just_ended_is_no_delay(installed: Installation, database: Database) -> None:
    await closed_through(database, TODAY - 2)
    assert await installed.ready("health") == {}
