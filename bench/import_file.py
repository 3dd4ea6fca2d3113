"""`python -m bench.import_file`: a file of a million rows through `steward import`, and the memory that it takes.

One run writes the file (uses of a product by the people of 2,000 accounts, over ninety days), starts a PostgreSQL of
its own, imports the file in a process of its own, and counts the events at the end. Memory is the process's peak
resident set, as the system tells it when the process has ended.
"""

import argparse
import asyncio
import csv
import datetime as dt
import json
import os
import random
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyarrow import parquet
from rich.console import Console

from migrations.run import migrate
from shared.database import Database
from shared.embedded_postgres import embedded_url

say = Console(stderr=True)

NOW = dt.datetime(2026, 11, 22, tzinfo=dt.UTC)
COLUMNS = ("id", "account", "person", "feature", "at", "actions", "comment")
MAPPING = """
source: product
files:
  - path: accounts.csv
    account: id
    events: [{type: account.updated, id: "account-{id}", occurred_at: since, fields: {name: name}}]
  - path: uses
    format: FORMAT
    account: account
    events:
      - type: usage.recorded
        id: "use-{id}"
        occurred_at: at
        fields: {person_id: person, feature: feature, actions: actions}
"""


def rows(count: int, accounts: int) -> Iterator[tuple[Any, ...]]:
    """Uses in the order in which a warehouse would export them: by time."""
    chance = random.Random(7)
    start = NOW - dt.timedelta(days=90)
    for number in range(count):
        account = min(accounts, int(chance.paretovariate(1.2)))
        person = f"p-{account}-{chance.randrange(40)}"
        at = start + dt.timedelta(days=90) * (number / count)
        yield (
            number,
            account,
            person,
            f"feature {chance.randrange(30)}",
            at.isoformat(),
            1,
            "a cell that no field asks for",
        )


def write_files(directory: Path, format: str, count: int, accounts: int) -> None:
    """The accounts, the uses and the mapping."""
    with (directory / "accounts.csv").open("w", newline="") as file:
        lines = csv.writer(file)
        lines.writerows(
            [("id", "name", "since"), *((n, f"Account {n}", "2025-01-01T00:00:00Z") for n in range(1, accounts + 1))]
        )
    (directory / "mapping.yaml").write_text(MAPPING.replace("FORMAT", format))
    uses = rows(count, accounts)
    if format == "parquet":
        parquet.write_table(
            pa.Table.from_pylist([dict(zip(COLUMNS, row, strict=True)) for row in uses]), directory / "uses"
        )
        return
    with (directory / "uses").open("w", newline="") as file:
        if format == "csv":
            csv.writer(file).writerows([COLUMNS])
            csv.writer(file).writerows(uses)
        else:
            file.writelines(json.dumps(dict(zip(COLUMNS, row, strict=True))) + "\n" for row in uses)


def imported(directory: Path, url: str, *more: str) -> tuple[float, int]:
    """(seconds, peak resident set in bytes) of `steward import` as a process of its own."""
    command = [
        sys.executable,
        "-m",
        "services.cli",
        "import",
        str(directory / "mapping.yaml"),
        "--now",
        NOW.isoformat(),
    ]
    began = time.perf_counter()
    child = os.posix_spawn(sys.executable, [*command, *more], os.environ | {"STEWARD_DATABASE_URL": url})
    _, status, used = os.wait4(child, 0)
    if status:
        raise SystemExit(f"the import failed: {os.waitstatus_to_exitcode(status)}")
    unit = 1 if sys.platform == "darwin" else 1024
    return time.perf_counter() - began, used.ru_maxrss * unit


async def run(format: str, count: int, accounts: int) -> dict[str, Any]:
    """The figures."""
    home = Path(tempfile.mkdtemp(prefix="steward-import-"))
    try:
        say.print(f"Writing {count} rows")
        write_files(home, format, count, accounts)
        url, stop = embedded_url(home / "database")
        try:
            await migrate(url)
            seconds, peak = await asyncio.to_thread(imported, home, url, "--report", str(home / "report.json"))
            async with Database.open(url, connections=4) as database, database.reading() as tx:
                seen = await tx.value("SELECT count(*) FROM seen")
        finally:
            stop()
        report = json.loads((home / "report.json").read_text())["files"][1]
        assert report["rows"] == report["taken"] == report["events"] == count
        assert seen == count + accounts
        return {
            "format": format,
            "rows": count,
            "file_mb": round((home / "uses").stat().st_size / 1e6, 1),
            "seconds": round(seconds, 1),
            "rows_per_second": round(count / seconds),
            "peak_memory_mb": round(peak / 1e6),
        }
    finally:
        shutil.rmtree(home, ignore_errors=True)


def main() -> None:
    """Prints one JSON object."""
    told = argparse.ArgumentParser(description=__doc__)
    told.add_argument("--rows", type=int, default=1_000_000)
    told.add_argument("--accounts", type=int, default=2_000)
    told.add_argument("--format", choices=("csv", "ndjson", "parquet"), default="csv")
    asked = told.parse_args()
    print(json.dumps(asyncio.run(run(asked.format, asked.rows, asked.accounts))))


if __name__ == "__main__":
    main()
