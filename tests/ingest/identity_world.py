"""An ingest that is told things, for stories about who is who."""

import datetime as dt
import json
from typing import Any

from services.ingest.handle import Ingest
from services.ingest.nouns import Accepted, Arrival
from services.ingest.store.accounts import Key, account_id
from shared.clock import to_us
from shared.database import Database
from shared.facts import Event
from shared.native import decode_body, encode_body, event_id
from shared.settings import Settings
from tests.cast import NOW

ACME, GLOBEX = ("native", "acme"), ("native", "globex")


def told(kind: str, key: Key = ACME, /, *, id: str, at: dt.datetime = NOW, **data: Any) -> Arrival:
    """An event under a key, as a source's module gives it."""
    body = decode_body(kind, json.dumps(data, default=str).encode())
    event = Event(event_id("t", id), "t", kind, key, to_us(at), 0, body, encode_body(kind, body))
    return Arrival(event, to_us(NOW))


class World:
    """Ingest on a database, and questions to it."""

    def __init__(self, database: Database, ingest: Ingest | None = None) -> None:
        self.database = database
        self.ingest = ingest or Ingest(Settings())

    async def hear(self, *arrivals: Arrival) -> Accepted:
        """A batch of its own."""
        async with self.database.writing() as tx:
            return await self.ingest.accept(tx, arrivals, NOW)

    async def sweep(self) -> int:
        """Applies what waited and can be placed by now."""
        async with self.database.writing() as tx:
            return await self.ingest.apply_matched(tx, NOW)

    async def facts(self, key: Key = ACME) -> bytes:
        """What is known of the account that was created under a key, to the byte."""
        stored: bytes = await self.value("SELECT facts FROM facts WHERE account_id = $1", account_id(key))
        return stored

    async def rows(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        async with self.database.reading() as tx:
            return [tuple(row) for row in await tx.fetch(sql, *values)]

    async def value(self, sql: str, *values: Any) -> Any:
        async with self.database.reading() as tx:
            return await tx.value(sql, *values)

    async def place(self, id: str) -> int | None:
        """The account that an event counts for."""
        place: int | None = await self.value("SELECT account_id FROM events WHERE id = $1", event_id("t", id))
        return place

    async def waiting(self) -> int:
        count: int = await self.value("SELECT count(*) FROM unmatched")
        return count

    async def everything(self) -> str:
        """Every row of every table of ingest and of what leaves it, as text: for looking whether a name is anywhere."""
        names = await self.rows(
            "SELECT c.relname FROM pg_class c WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition"
            " AND c.relnamespace = 'public'::regnamespace"
        )
        found = []
        for (name,) in names:
            for (row,) in await self.rows(f"SELECT to_jsonb(t)::text FROM {name} t"):
                found.append(_readable(row))
        return "\n".join(found)


def _readable(row: str) -> str:
    """A row's JSON with its bytes spelled out where they are text."""
    cells: dict[str, Any] = json.loads(row)
    return f"{row}\n{' '.join(text for cell in cells.values() for text in _texts(cell))}"


def _texts(cell: Any) -> list[str]:
    if isinstance(cell, list):
        return [text for one in cell for text in _texts(one)]
    if isinstance(cell, str) and cell.startswith("\\x"):
        return [bytes.fromhex(cell[2:]).decode("utf-8", "replace")]
    return []
