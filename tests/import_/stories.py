"""What the stories of import have in common: mappings of a few lines, files of a few rows, a look at the end."""

import datetime as dt
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from services.ingest.handle import Ingest
from services.ingest.import_report import FileReport
from services.ingest.importing import NOBODY, Order, Watching, import_files
from services.ingest.sources.cells import Export, Tables
from services.ingest.sources.files import Outcome, row_to_events
from services.ingest.sources.mapping import Mapping, parse_mapping
from shared.clock import UTC, to_us
from shared.database import Database
from shared.settings import Settings

NOW = dt.datetime(2026, 7, 27, 23, 59, 59, 999999, UTC)


def mapping(*files: dict[str, Any], **more: Any) -> Mapping:
    """A mapping of the source `crm` in UTC."""
    return parse_mapping({"source": "crm", "time_zone": "UTC", "files": list(files)} | more)


def accounts_file(**event: Any) -> dict[str, Any]:
    """accounts.csv: id, name, since, owner."""
    fields = {"name": "name", "owner": "owner", "customer_since": "since"}
    mapped = {"type": "account.updated", "id": "account-{id}", "occurred_at": "since", "fields": fields}
    return {"path": "accounts.csv", "account": "id", "events": [mapped | event]}


def usage_file(**event: Any) -> dict[str, Any]:
    """usage.csv: account, day, logins."""
    fields = {"period_start": "day", "period_end": "day", "logins": "logins"}
    mapped = {"type": "usage.reported", "id": "u-{account}-{day}", "occurred_at": "day", "fields": fields}
    return {"path": "usage.csv", "account": "account", "events": [mapped | event]}


def row(cells: dict[str, Any], file: dict[str, Any], tables: Tables | None = None, **more: Any) -> Outcome:
    """What becomes of one row."""
    parsed = mapping(file, **more)
    zone = parsed.files[0].time_zone or parsed.time_zone
    namespace = parsed.files[0].namespace or parsed.namespace
    export = Export(to_us(NOW), ZoneInfo(zone) if zone else None, tables or {}, namespace)
    return row_to_events("crm", parsed.files[0], cells, export)


def write(directory: Path, **files: str) -> None:
    """Files by their stem; CSV."""
    for stem, text in files.items():
        (directory / f"{stem}.csv").write_bytes(text.encode())


async def imported(
    database: Database | None, directory: Path, what: Mapping, now: dt.datetime = NOW,
    watching: Watching = NOBODY, **order: Any,
) -> list[FileReport]:  # fmt: skip
    """An import as a process of its own does it."""
    return await import_files(database, Ingest(Settings()), Order(what, directory, now, **order), watching)


async def state(database: Database) -> dict[str, list[tuple[Any, ...]]]:
    """All that an import leaves, but for what is drawn at random."""
    questions = {
        "facts": "SELECT account_id, version, facts FROM facts ORDER BY 1",
        "events": "SELECT id, type, account_id, occurred_at, sequence, payload FROM events ORDER BY 1",
        "seen": "SELECT id, keep FROM seen ORDER BY 1",
        "accounts": "SELECT id, name, crm_owner FROM accounts ORDER BY 1",
        "rejected": 'SELECT source, topic, "offset", reason, key, value, status FROM rejected ORDER BY id',
        "told": "SELECT id, told, exported_at FROM imported_rows ORDER BY 1",
        "outbox": "SELECT topic, value FROM outbox ORDER BY id",
    }
    async with database.reading() as tx:
        return {name: [tuple(found) for found in await tx.fetch(sql)] for name, sql in questions.items()}


async def name_of(database: Database, key: str = "1") -> str | None:
    """What an account is called now."""
    async with database.reading() as tx:
        found: str | None = await tx.value(
            "SELECT a.name FROM accounts a JOIN identities i ON i.account_id = a.id WHERE i.external_id = $1", key
        )
    return found
