"""What a process has forgotten it reads again: people who were active before are not counted as new."""

import pytest

from services.ingest import folding, recalling
from services.ingest.handle import Ingest
from services.ingest.store.accounts import account_id
from shared.broker import Record
from shared.clock import from_us
from shared.database import Database
from shared.facts import decode
from shared.settings import Settings
from tests.ingest.stories import DAY, START, as_text, record

NOW = from_us(START + 3 * DAY)
PEOPLE = [f"person-{n}" for n in range(4)]


def came(day: int, people: list[str]) -> list[Record]:
    """Each signed in on a day counted from 2026-01-01."""
    at = START + day * DAY
    logins = [record("login.recorded", {"person_id": p}, ce_id=f"{day} {p}", ce_time=as_text(at)) for p in people]
    return [login._replace(timestamp=at // 1_000) for login in logins]


async def take(database: Database, ingest: Ingest, records: list[Record]) -> None:
    async with database.writing() as tx:
        await ingest.on_records(tx, records, NOW)


@pytest.mark.parametrize("few", [recalling._FEW, 1], ids=["all at once", "one by one"])
async def test_a_process_that_starts_anew_knows_who_was_there(
    database: Database, monkeypatch: pytest.MonkeyPatch, few: int
) -> None:
    monkeypatch.setattr(recalling, "_FEW", few)
    monkeypatch.setattr(folding, "_LARGE", 0)
    await take(database, Ingest(Settings()), [record("account.updated", {"name": "Acme"}, ce_id="a")])
    for day, people in ((0, PEOPLE[:3]), (2, PEOPLE[1:]), (1, PEOPLE)):
        await take(database, Ingest(Settings()), came(day, people))
    staying = Ingest(Settings())
    await take(database, staying, came(3, PEOPLE[:1]))
    await take(database, staying, came(3, PEOPLE[:2]))
    async with database.reading() as reading:
        stored = await reading.value("SELECT facts FROM facts WHERE account_id = $1", account_id(("native", "acme")))
    facts = decode(stored)
    assert facts.active_people == [2, 3, 4, 3]
    assert facts.last_active == [2, 2]
