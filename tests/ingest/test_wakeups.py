"""What ingest tells of itself with the accounts that changed."""

import pytest

from services.ingest.handle import Ingest
from shared.broker import MORE
from shared.clock import from_us
from shared.database import Database
from shared.outbox import unpack_headers
from shared.settings import Settings
from tests.ingest.stories import DAY, START, record


@pytest.mark.parametrize(("most", "more"), [(1, "1"), (2, None)], ids=["as many as it may take", "fewer"])
async def test_a_full_batch_tells_that_more_follows(database: Database, most: int, more: str | None) -> None:
    async with database.writing() as tx:
        ingest = Ingest(Settings(batch_records=most))
        await ingest.on_records(tx, [record("account.updated", {"name": "Acme"}, ce_id="a")], from_us(START + DAY))
    async with database.reading() as reading:
        headers = dict(unpack_headers(await reading.value("SELECT headers FROM outbox")))
    assert headers.get(MORE) == (more.encode() if more else None)
