"""Tables of things of which each event tells only some columns: each is what the greatest stamp said that named it.

The column `told` keeps which column is from which event: msgpack of [[stamp, [columns]] …], the newest first.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple

import msgspec

from shared.database import Writing

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(list[tuple[bytes, list[str]]]).decode


class Pieces(NamedTuple):
    """A table with the columns account_id, `key` unless it is empty, those of `columns` (name → type) and `told`."""

    name: str
    key: str
    columns: tuple[tuple[str, str], ...]
    untold: tuple[tuple[str, Any], ...] = ()
    fixed: tuple[str, str] | None = None
    """A column, named in `columns` too, and its value in all rows: one more part of the table's key."""


class Said(NamedTuple):
    """What an event says of a thing: values by column. Names that are no columns are kept in `told` alone."""

    account: int
    key: str
    stamp: bytes
    values: Mapping[str, Any]


class Thing:
    """A thing as far as it has been told."""

    def __init__(self, values: dict[str, Any], told: bytes) -> None:
        self.values = values
        self.heard = {name: at for at, names in (_decode(told) if told else ()) for name in names}

    def hear(self, said: Said) -> None:
        if not self.heard:
            self.heard = dict.fromkeys(said.values, said.stamp)
            self.values |= said.values
            return
        for name, value in said.values.items():
            if name not in self.heard or self.heard[name] < said.stamp:
                self.heard[name] = said.stamp
                self.values[name] = value

    def told(self) -> bytes:
        stamps = set(self.heard.values())
        if len(stamps) == 1:
            return _encode([(*stamps, sorted(self.heard))])
        groups: dict[bytes, list[str]] = {}
        for name in sorted(self.heard):
            groups.setdefault(self.heard[name], []).append(name)
        return _encode(sorted(groups.items(), reverse=True))


Things = dict[tuple[int, str], Thing]


async def hear(tx: Writing, table: Pieces, said: Iterable[Said]) -> Things:
    """The things that are told of, as they are now; not written yet. Their accounts are locked."""
    by_thing: dict[tuple[int, str], list[Said]] = {}
    for one in said:
        by_thing.setdefault((one.account, one.key), []).append(one)
    things = await _read(tx, table, sorted(by_thing))
    for place, own in by_thing.items():
        for one in own:
            things[place].hear(one)
    return things


async def write(tx: Writing, table: Pieces, things: Things) -> None:
    """Writes things, in order of their keys."""
    if things:
        keys = 2 if table.key else 1
        rows = [
            (*place[:keys], *(thing.values.get(name) for name, _ in table.columns), thing.told())
            for place, thing in sorted(things.items(), key=lambda item: item[0])
        ]
        await tx.execute(_upsert(table), *map(list, zip(*rows, strict=True)))


async def _read(tx: Writing, table: Pieces, places: Sequence[tuple[int, str]]) -> Things:
    names = [name for name, _ in table.columns]
    things: Things = {place: Thing(dict(table.untold), b"") for place in places}
    if not places:
        return things
    ids = [[key for _, key in places]] if table.key else []
    for row in await tx.fetch(_select(table), [account for account, _ in places], *ids):
        place = (row["account_id"], row[table.key] if table.key else "")
        things[place] = Thing({name: row[name] for name in names}, row["told"])
    return things


@cache
def _select(table: Pieces) -> str:
    keys = ["account_id", *([table.key] if table.key else [])]
    names = ", ".join(f"t.{name}" for name in (*keys, *(name for name, _ in table.columns), "told"))
    arrays = ", ".join(["$1::bigint[]", *(["$2::text[]"] if table.key else [])])
    same = " AND ".join(f"t.{key} = k.{key}" for key in keys)
    only = f" AND t.{table.fixed[0]} = '{table.fixed[1]}'" if table.fixed else ""
    # OFFSET 0: each is looked up by its key, also by a plan that was made while the table was small
    return (
        f"SELECT t.* FROM unnest({arrays}) AS k({', '.join(keys)}),"
        f" LATERAL (SELECT {names} FROM {table.name} t WHERE {same}{only} OFFSET 0) AS t"
    )


@cache
def _upsert(table: Pieces) -> str:
    keys = [("account_id", "bigint"), *([(table.key, "text")] if table.key else [])]
    columns = [*keys, *table.columns, ("told", "bytea")]
    arrays = ", ".join(f"${n}::{kind}[]" for n, (_, kind) in enumerate(columns, start=1))
    changes = ", ".join(f"{name} = excluded.{name}" for name, _ in columns[len(keys) :])
    unique = [name for name, _ in keys] + ([table.fixed[0]] if table.fixed else [])
    return (
        f"INSERT INTO {table.name} ({', '.join(name for name, _ in columns)}) SELECT * FROM unnest({arrays})"
        f" ON CONFLICT ({', '.join(unique)}) DO UPDATE SET {changes}"
    )
