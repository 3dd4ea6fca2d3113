"""What the import walls cannot tell: who writes which table, who reads the clock, who may use which library."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.deploy.checkout import ROOT

SOURCES = sorted(path for top in ("shared", "services") for path in (ROOT / top).rglob("*.py"))
EVERYBODYS = {"shared/parking.py": {"rejected"}}  # ingest's table, in which every reader parks what it cannot read
COMPOSERS = {"cli", "sample"}  # they wire the services and call their use cases
WRITES = re.compile(r"\b(?:INSERT INTO|UPDATE|DELETE FROM|TRUNCATE|COPY)\s+\"?([a-z_]+)")
ONLY_HERE = {
    "sqlalchemy": {"migrations"},
    "alembic": {"migrations"},
    "aiokafka": {"shared/kafka.py"},
    # the command line looks before it opens a pool
    "asyncpg": {"shared/database.py", "shared/lost.py", "services/cli"},
    "httpx": {"shared/outbound.py"},
}


def owner_of_tables() -> dict[str, str]:
    """Table → the service whose migration made it."""
    owners = {}
    for path in sorted((ROOT / "migrations" / "versions").glob("0*.py")):
        text = path.read_text("utf-8")
        (owner,) = re.findall(r'^OWNER = "(\w+)"', text, re.MULTILINE)
        owners |= dict.fromkeys(re.findall(r"CREATE TABLE (\w+)", text), owner)
    return owners


def room(path: Path) -> str:
    """The service that a file belongs to, or `shared`."""
    parts = path.relative_to(ROOT).parts
    return parts[1] if parts[0] == "services" else parts[0]


@cache
def nodes(path: Path) -> list[ast.AST]:
    """Everything in a file's syntax tree."""
    return list(ast.walk(ast.parse(path.read_text("utf-8"))))


def tables_written(path: Path) -> Iterator[str]:
    """What the file's SQL writes, and what it gives to `copy`."""
    for node in nodes(path):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield from WRITES.findall(node.value)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "copy":
            yield from (a.value for a in node.args[:1] if isinstance(a, ast.Constant) and isinstance(a.value, str))


def imported(path: Path) -> set[str]:
    """Top-level packages that a file imports."""
    found = set()
    for node in nodes(path):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.split(".")[0])
    return found


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_each_table_has_one_writing_service(path: Path) -> None:
    owners = owner_of_tables()
    everybodys = EVERYBODYS.get(str(path.relative_to(ROOT)), set())
    written = {table for table in tables_written(path) if table in owners} - everybodys
    allowed = {room(path)} if room(path) not in COMPOSERS else set()
    assert {table: owners[table] for table in written if owners[table] not in allowed} == {}


def test_the_search_for_writers_finds_them() -> None:
    written = {table for path in SOURCES for table in tables_written(path)}
    assert {"telling_events", "facts", "positions", "outbox"} <= written


@pytest.mark.parametrize("library", sorted(ONLY_HERE))
def test_a_library_is_used_where_it_belongs_and_nowhere_else(library: str) -> None:
    users = {str(path.relative_to(ROOT)) for path in SOURCES if library in imported(path)}
    assert {user for user in users if not user.startswith(tuple(ONLY_HERE[library]))} == set()


def test_only_the_clock_reads_the_time() -> None:
    reads = re.compile(r"datetime\.now\(|\butcnow\(|date\.today\(|\btime\.time\(")
    readers = {str(path.relative_to(ROOT)) for path in SOURCES if reads.search(path.read_text("utf-8"))}
    assert readers <= {"shared/clock.py", "shared/embedded_log.py"}  # a log stamps its records, as Kafka does


def test_nobody_is_called_manager_or_helper() -> None:
    names = re.compile(r"(Manager|Processor|Helper|Impl|Util|Utils)$")
    for path in SOURCES:
        for node in nodes(path):
            if isinstance(node, ast.ClassDef):
                assert not names.search(node.name), f"{path}: {node.name}"
