"""Where each group stands in each partition: kept in PostgreSQL, moved in the transaction of the effect.

A row has an epoch. Whoever claims the partition bumps it; a batch may move the position only while the epoch
is its own and the position is the one its fetch started from. Anything else means fenced.
"""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from shared.broker import Partition
from shared.database import Reading, Row, Writing
from shared.errors import Fenced


@dataclass(frozen=True)
class Position:
    """A claimed position: `next` is the offset of the first record that has not been handled."""

    next: int
    epoch: int
    last_timestamp: int | None = None
    last_key: bytes | None = None


@dataclass(frozen=True)
class Step:
    """One partition's move from `start` to `next` under `epoch`."""

    partition: Partition
    start: int
    next: int
    epoch: int
    last_timestamp: int | None
    last_key: bytes | None


class Stand(NamedTuple):
    """Where a group stands in a partition, and whether it is known there why it does not go on."""

    position: int
    troubled: bool


class Trouble(NamedTuple):
    """Why a partition does not go on, and what to do."""

    words: str
    remedy: str


_MOST_WORDS = 1_000
_BY_HAND = "reset"
"""Who has claimed a partition whose position was set by hand. No lane is called so."""


def key_digest(key: bytes | None) -> bytes:
    """Four bytes that tell one record's key from another's."""
    return zlib.crc32(key or b"").to_bytes(4, "big")


async def claim(tx: Writing, group: str, partition: Partition, start: int, owner: str) -> Position:
    """Makes the partition ours: bumps its epoch. A first claim starts at `start`, the beginning of the log."""
    row = await tx.row(
        """
        INSERT INTO positions ("group", topic, partition, position, epoch, claimed_by)
        VALUES ($1, $2, $3, $4, 1, $5)
        ON CONFLICT ("group", topic, partition) DO UPDATE
           SET epoch = positions.epoch + 1, claimed_at = now(), claimed_by = excluded.claimed_by
        RETURNING position, epoch, last_timestamp, last_key
        """,
        group, *partition, start, owner,
    )  # fmt: skip
    assert row is not None
    return Position(row["position"], row["epoch"], row["last_timestamp"], row["last_key"])


async def advance(tx: Writing, group: str, steps: Sequence[Step]) -> None:
    """The batch's first statement: moves all positions, or raises Fenced when any is no longer ours."""
    moved = await tx.execute(
        """
        UPDATE positions AS p
           SET position = step.next, last_timestamp = step.last_timestamp, last_key = step.last_key,
               trouble = NULL, remedy = NULL, trouble_since = NULL
          FROM unnest($2::text[], $3::int[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[], $8::bytea[])
               AS step(topic, partition, start, next, epoch, last_timestamp, last_key)
         WHERE p."group" = $1 AND p.topic = step.topic AND p.partition = step.partition
           AND p.epoch = step.epoch AND p.position = step.start
        """,
        group,
        [s.partition.topic for s in steps],
        [s.partition.number for s in steps],
        [s.start for s in steps],
        [s.next for s in steps],
        [s.epoch for s in steps],
        [s.last_timestamp for s in steps],
        [s.last_key for s in steps],
    )
    if moved != len(steps):
        raise Fenced(f"{group}: {len(steps) - moved} of {len(steps)} partitions are no longer ours")


async def reset(tx: Writing, group: str, topic: str, partition: int, position: int) -> bool:
    """Sets a position by hand and fences whoever owns it. False when the group never claimed it."""
    return bool(
        await tx.execute(
            """
            UPDATE positions
               SET position = $4, epoch = epoch + 1, last_timestamp = NULL, last_key = NULL, claimed_by = $5,
                   trouble = NULL, remedy = NULL, trouble_since = NULL
             WHERE "group" = $1 AND topic = $2 AND partition = $3
            """,
            group,
            topic,
            partition,
            position,
            _BY_HAND,
        )
    )


async def set_by_hand(reading: Reading, group: str) -> frozenset[Partition]:
    """The partitions of a group whose position was reset and that nobody has claimed since."""
    rows = await reading.fetch(
        'SELECT topic, partition FROM positions WHERE "group" = $1 AND claimed_by = $2', group, _BY_HAND
    )
    return frozenset(Partition(row["topic"], row["partition"]) for row in rows)


async def note(tx: Writing, group: str, partition: Partition, epoch: int, trouble: Trouble) -> None:
    """Notes why a partition of ours does not go on, until it does or is reset. Nothing if it is no longer ours."""
    await tx.execute(
        """
        UPDATE positions SET trouble = $5, remedy = $6, trouble_since = coalesce(trouble_since, now())
         WHERE "group" = $1 AND topic = $2 AND partition = $3 AND epoch = $4
        """,
        group, *partition, epoch, trouble.words[:_MOST_WORDS], trouble.remedy,
    )  # fmt: skip


async def troubles(reading: Reading) -> list[Row]:
    """The partitions that do not go on, since when and why, for people."""
    return await reading.fetch(
        """
        SELECT "group", topic, partition, trouble_since AS since, trouble AS error, remedy
          FROM positions WHERE trouble IS NOT NULL ORDER BY trouble_since, "group", topic, partition
        """
    )


async def stands(reading: Reading, group: str) -> dict[Partition, Stand]:
    """Where a group stands in every partition that it ever claimed."""
    rows = await reading.fetch(
        'SELECT topic, partition, position, trouble IS NOT NULL AS troubled FROM positions WHERE "group" = $1', group
    )
    return {Partition(row["topic"], row["partition"]): Stand(row["position"], row["troubled"]) for row in rows}


async def all_positions(reading: Reading) -> list[Row]:
    """Every position, for people."""
    return await reading.fetch(
        """
        SELECT "group", topic, partition, position, epoch, claimed_at, claimed_by
          FROM positions ORDER BY "group", topic, partition
        """
    )
