"""Tables of things that are told whole: a row is what the event with the greatest stamp says."""

from collections.abc import Sequence
from functools import cache
from typing import Any, NamedTuple

from shared.database import Writing


class Table(NamedTuple):
    """A table with a column `stamp`. `columns`: name → type, the `keys` first; `stamp` is the last of them."""

    name: str
    keys: int
    columns: tuple[tuple[str, str], ...]


async def put(tx: Writing, table: Table, rows: Sequence[tuple[Any, ...]]) -> None:
    """Inserts rows, or replaces those that have a smaller stamp. Of one thing there is at most one row."""
    if rows:
        await tx.execute(_put(table), *map(list, zip(*rows, strict=True)))


@cache
def _put(table: Table) -> str:
    names = [name for name, _ in table.columns]
    arrays = ", ".join(f"${n}::{kind}[]" for n, (_, kind) in enumerate(table.columns, start=1))
    changes = ", ".join(f"{name} = excluded.{name}" for name in names[table.keys :])
    return (
        f"INSERT INTO {table.name} AS t ({', '.join(names)}) SELECT * FROM unnest({arrays})"
        f" ON CONFLICT ({', '.join(names[: table.keys])}) DO UPDATE SET {changes} WHERE t.stamp < excluded.stamp"
    )
