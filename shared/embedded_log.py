"""The broker's promise inside PostgreSQL, for one process: durable, ordered, gapless offsets in commit order.

A sender locks the heads of its partitions, in order, until it commits, so that offsets become visible in the
order in which they were given out. Readers are woken by NOTIFY.
"""

import asyncio
import itertools
import time
import zlib
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack

from shared.broker import Bounds, Outgoing, Partition, Record
from shared.database import Database, Row, Writing
from shared.outbox import pack_headers, unpack_headers

_CHANNEL = "steward_log"


class EmbeddedLog:
    """A broker whose topics are tables."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._groups: dict[str, list[EmbeddedConsumer]] = {}
        self._partitions: dict[str, int] = {}
        self._wakes: set[asyncio.Event] = set()
        self._listening: AsyncExitStack | None = None

    async def create_topics(self, topics: Sequence[str], partitions: int) -> list[str]:
        async with self._database.writing() as tx:
            rows = await tx.fetch(
                """
                INSERT INTO log_heads (topic, partition)
                SELECT topic, number FROM unnest($1::text[]) AS topic, generate_series(0, $2 - 1) AS number
                 WHERE NOT EXISTS (SELECT FROM log_heads h WHERE h.topic = topic.topic)
                ON CONFLICT DO NOTHING RETURNING topic
                """,
                list(topics), partitions,
            )  # fmt: skip
        return sorted({row["topic"] for row in rows})

    async def consumer(self, group: str, topics: Sequence[str], name: str) -> "EmbeddedConsumer":
        await self._learn(topics)
        wake = await self._listen()
        member = EmbeddedConsumer(self, self._database, group, topics, wake)
        self._groups.setdefault(group, []).append(member)
        self._rebalance(group)
        return member

    async def producer(self, name: str) -> "EmbeddedProducer":
        return EmbeddedProducer(self, self._database)

    async def ready(self) -> None:
        async with self._database.reading() as reading:
            await reading.value("SELECT 1")

    async def ends(self, topics: Sequence[str]) -> Mapping[Partition, int]:
        async with self._database.reading() as reading:
            rows = await reading.fetch(
                'SELECT topic, partition, "end" FROM log_heads WHERE topic = ANY($1)', list(topics)
            )
        return {Partition(row["topic"], row["partition"]): row["end"] for row in rows}

    async def trim(self, keep_hours: int = 24) -> int:
        """Deletes records that every group has handled and that are older than `keep_hours`; how many."""
        oldest = int((time.time() - keep_hours * 3600) * 1000)
        async with self._database.writing() as tx:
            return await _trim(tx, oldest)

    async def stop(self) -> None:
        if self._listening is not None:
            await self._listening.aclose()

    def leave(self, member: "EmbeddedConsumer") -> None:
        self._groups[member.group].remove(member)
        self._rebalance(member.group)

    async def partition_for(self, record: Outgoing) -> Partition:
        """The partition that a record belongs to: its own wish, else by its key, else the first."""
        await self._learn([record.topic])
        if record.partition is not None:
            return Partition(record.topic, record.partition)
        return Partition(record.topic, zlib.crc32(record.key or b"") % self._partitions[record.topic])

    def _rebalance(self, group: str) -> None:
        members = self._groups[group]
        for index, member in enumerate(members):
            share = {
                Partition(topic, number)
                for topic in member.topics
                for number in range(self._partitions[topic])
                if number % len(members) == index
            }
            member.assign(frozenset(share))

    async def _learn(self, topics: Sequence[str]) -> None:
        missing = [topic for topic in topics if topic not in self._partitions]
        if not missing:
            return
        async with self._database.reading() as reading:
            rows = await reading.fetch(
                "SELECT topic, count(*) AS partitions FROM log_heads WHERE topic = ANY($1) GROUP BY topic", missing
            )
        found = {row["topic"]: row["partitions"] for row in rows}
        if len(found) < len(missing):
            await self.create_topics(sorted(set(missing) - set(found)), max(self._partitions.values(), default=8))
            await self._learn(topics)
            return
        self._partitions |= found

    async def _listen(self) -> asyncio.Event:
        if self._listening is None:
            self._listening = AsyncExitStack()
            await self._listening.enter_async_context(self._database.listening(_CHANNEL, self._wake_all))
        wake = asyncio.Event()
        self._wakes.add(wake)
        return wake

    def _wake_all(self) -> None:
        for wake in self._wakes:
            wake.set()


class EmbeddedProducer:
    """Appends records; a call is one transaction."""

    def __init__(self, broker: EmbeddedLog, database: Database) -> None:
        self._broker = broker
        self._database = database

    async def send(self, records: Sequence[Outgoing]) -> None:
        placed = [(await self._broker.partition_for(record), record) for record in records]
        counts: dict[Partition, int] = {}
        for partition, _ in placed:
            counts[partition] = counts.get(partition, 0) + 1
        async with self._database.writing() as tx:
            next_offsets = await _reserve(tx, counts)
            now = int(time.time() * 1000)
            rows = [
                (*partition, next(next_offsets[partition]), now, record.key, pack_headers(record.headers), record.value)
                for partition, record in placed
            ]
            await tx.copy("log_records", ("topic", "partition", "offset", "timestamp", "key", "headers", "value"), rows)
            await tx.execute(f"NOTIFY {_CHANNEL}")

    async def stop(self) -> None:
        return None


class EmbeddedConsumer:
    """A member of a group within this process."""

    def __init__(
        self, broker: EmbeddedLog, database: Database, group: str, topics: Sequence[str], wake: asyncio.Event
    ) -> None:
        self.group = group
        self.topics = tuple(topics)
        self._broker = broker
        self._database = database
        self._wake = wake
        self._generation = 0
        self._assigned: frozenset[Partition] = frozenset()
        self._at: dict[Partition, int] = {}

    def assign(self, partitions: frozenset[Partition]) -> None:
        self._generation += 1
        self._assigned = partitions
        self._at = {}

    async def assigned(self) -> tuple[int, frozenset[Partition]]:
        return self._generation, self._assigned

    async def bounds(self, partitions: Sequence[Partition]) -> Mapping[Partition, Bounds]:
        async with self._database.reading() as reading:
            rows = await reading.fetch(
                """
                SELECT h.topic, h.partition, h.start, h."end" FROM log_heads h
                  JOIN unnest($1::text[], $2::int[]) AS p(topic, partition)
                    ON h.topic = p.topic AND h.partition = p.partition
                """,
                [p.topic for p in partitions], [p.number for p in partitions],
            )  # fmt: skip
        return {Partition(row["topic"], row["partition"]): Bounds(row["start"], row["end"]) for row in rows}

    async def seek(self, partition: Partition, offset: int) -> None:
        if partition in self._assigned:
            self._at[partition] = offset

    async def pause(self, partition: Partition) -> None:
        self._at.pop(partition, None)

    async def fetch(self, most: int, timeout_ms: int) -> Mapping[Partition, list[Record]]:
        self._wake.clear()
        found = await self._read(dict(self._at), most)
        if not found and timeout_ms:
            try:
                async with asyncio.timeout(timeout_ms / 1000):
                    await self._wake.wait()
            except TimeoutError:
                return {}
            found = await self._read(dict(self._at), most)
        return found

    async def peek(self, partition: Partition, offset: int) -> Record | None:
        found = await self._read({partition: offset}, 1, move=False)
        records = found.get(partition, [])
        return records[0] if records and records[0].offset == offset else None

    async def hint(self, positions: Mapping[Partition, int]) -> None:
        return None

    async def stop(self) -> None:
        self._broker.leave(self)

    async def _read(self, at: dict[Partition, int], most: int, *, move: bool = True) -> dict[Partition, list[Record]]:
        if not at:
            return {}
        generation = self._generation
        each = max(1, most // len(at))
        async with self._database.reading() as reading:
            rows = await reading.fetch(_READ, [p.topic for p in at], [p.number for p in at], list(at.values()), each)
        found: dict[Partition, list[Record]] = {}
        for row in rows:
            found.setdefault(Partition(row["topic"], row["partition"]), []).append(_record(row))
        if move and generation == self._generation:
            self._at |= {p: records[-1].offset + 1 for p, records in found.items() if p in self._at}
        return found


_READ = """
SELECT r.topic, r.partition, r."offset", r.timestamp, r.key, r.headers, r.value
  FROM unnest($1::text[], $2::int[], $3::bigint[]) AS p(topic, partition, at)
 CROSS JOIN LATERAL (
       SELECT * FROM log_records l
        WHERE l.topic = p.topic AND l.partition = p.partition AND l."offset" >= p.at
        ORDER BY l."offset" LIMIT $4) AS r
"""


def _record(row: Row) -> Record:
    partition = Partition(row["topic"], row["partition"])
    return Record(partition, row["offset"], row["timestamp"], row["key"], row["value"], unpack_headers(row["headers"]))


async def _reserve(tx: Writing, counts: Mapping[Partition, int]) -> dict[Partition, "itertools.count[int]"]:
    """Takes the next offsets of each partition, holding its head until the commit."""
    ordered = sorted(counts)
    topics, numbers = [p.topic for p in ordered], [p.number for p in ordered]
    await tx.fetch(
        """
        SELECT 1 FROM log_heads h JOIN unnest($1::text[], $2::int[]) AS p(topic, partition)
            ON h.topic = p.topic AND h.partition = p.partition
         ORDER BY h.topic, h.partition FOR UPDATE OF h
        """,
        topics, numbers,
    )  # fmt: skip
    rows = await tx.fetch(
        """
        UPDATE log_heads h SET "end" = h."end" + p.count
          FROM unnest($1::text[], $2::int[], $3::bigint[]) AS p(topic, partition, count)
         WHERE h.topic = p.topic AND h.partition = p.partition
        RETURNING h.topic, h.partition, h."end" - p.count AS first
        """,
        topics, numbers, [counts[p] for p in ordered],
    )  # fmt: skip
    if len(rows) != len(ordered):
        raise ValueError(f"no such partition among {ordered}")
    return {Partition(row["topic"], row["partition"]): itertools.count(row["first"]) for row in rows}


async def _trim(tx: Writing, oldest_ms: int) -> int:
    deleted = await tx.execute(
        """
        DELETE FROM log_records l
         WHERE l.timestamp < $1
           AND l."offset" < (SELECT min(p.position) FROM positions p
                              WHERE p.topic = l.topic AND p.partition = l.partition)
        """,
        oldest_ms,
    )
    await tx.execute(
        """
        UPDATE log_heads h
           SET start = coalesce((SELECT min(l."offset") FROM log_records l
                                  WHERE l.topic = h.topic AND l.partition = h.partition), h."end")
        """
    )
    return deleted
