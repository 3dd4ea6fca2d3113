"""Where each group stands, and how it is set by hand: inside the log, and whoever owns the partition is fenced."""

import pytest

from services.cli.offsets import target
from shared import positions
from shared.broker import Bounds, Partition
from shared.database import Database
from shared.embedded_log import EmbeddedLog
from shared.errors import Invalid
from tests.cast import acme_exists
from tests.cli.conftest import Steward

CRM = Partition("crm.events", 0)


@pytest.mark.parametrize(("to", "offset"), [("start", 5), ("end", 9), ("5", 5), ("7", 7), ("9", 9)])
def test_a_target_is_an_offset_of_the_log(to: str, offset: int) -> None:
    assert target(to, Bounds(5, 9)) == offset


@pytest.mark.parametrize("to", ["4", "10", "-1", "begin", ""])
def test_a_target_outside_the_log_is_refused_with_its_bounds(to: str) -> None:
    with pytest.raises(Invalid) as told:
        target(to, Bounds(5, 9))
    assert "5 to 9" in told.value.remedy


async def log_of_three(database: Database) -> None:
    """Three records in crm.events 0, of which ingest has handled two."""
    log = EmbeddedLog(database)
    await log.create_topics([CRM.topic], 8)
    producer = await log.producer("test")
    await producer.send([acme_exists()._replace(partition=0) for _ in range(3)])
    async with database.writing() as tx:
        await positions.claim(tx, "ingest", CRM, 2, "lane-0")


async def stand(database: Database) -> tuple[int, int]:
    async with database.reading() as tx:
        (row,) = await positions.all_positions(tx)
    return row["position"], row["epoch"]


def test_show_tells_position_bounds_and_lag(steward: Steward) -> None:
    steward.meanwhile(log_of_three)
    (line,) = [line for line in steward("offsets", "show").stdout.splitlines() if "crm.events" in line]
    assert line.split() == ["ingest", "crm.events", "0", "0", "2", "3", "1", "1", "lane-0"]


def test_reset_moves_the_position_and_fences_its_owner(steward: Steward) -> None:
    steward.meanwhile(log_of_three)
    said = steward("offsets", "reset", "ingest", "crm.events", "0", "--to", "start")
    assert "goes on at 0" in said.stdout
    assert steward.meanwhile(stand) == (0, 2)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("ingest", "crm.events", "0", "--to", "17"), "0 to 3"),
        (("ingest", "crm.events", "8", "--to", "start"), "has no partition 8"),
        (("health", "crm.events", "0", "--to", "start"), "never claimed"),
        (("ingest", "nope", "0", "--to", "start"), "there is no topic nope"),
    ],
)
def test_a_reset_that_cannot_be_is_refused(steward: Steward, words: tuple[str, ...], told: str) -> None:
    steward.meanwhile(log_of_three)
    said = steward("offsets", "reset", *words)
    assert said.exit_code == 2
    assert told in said.stderr
    assert steward.meanwhile(stand) == (2, 1)


def test_a_position_outside_the_log_stands_out(steward: Steward) -> None:
    async def lost(database: Database) -> None:
        await log_of_three(database)
        async with database.writing() as tx:
            await positions.reset(tx, "ingest", *CRM, 99)

    steward.meanwhile(lost)
    assert "99 outside" in steward("offsets", "show").stdout
