"""Nothing reaches a topic except through a row: `put` in the transaction of the effect, a relay afterwards.

A relay owns shards, fenced by the same epochs as consumers. It reads rows in id order, sends them, and deletes
them once the broker has acknowledged all. A crash in between sends them again: at least once, same ids.
"""

import asyncio
import zlib
from collections.abc import Sequence

import msgspec

from shared import failpoints, positions
from shared.broker import Broker, Headers, Outgoing, Partition, Producer
from shared.database import Database, Row, Writing
from shared.errors import Fenced, NotReady
from shared.logs import log
from shared.metrics import OUTBOX_FAILED, OUTBOX_SENT

SHARDS = 2
_POLL_S = 0.25
_MOST = 500

_pack_headers = msgspec.msgpack.Encoder().encode
_headers_decoder = msgspec.msgpack.Decoder(list[tuple[str, bytes]])
_wakes: dict[str, asyncio.Event] = {}


def pack_headers(headers: Headers) -> bytes:
    """Headers as bytes, for a column."""
    return _pack_headers(list(headers))


def unpack_headers(packed: bytes) -> list[tuple[str, bytes]]:
    """Headers out of a column."""
    return _headers_decoder.decode(packed)


def shard_of(record: Outgoing) -> int:
    """Records of one key or partition keep to one shard, so that their order holds."""
    if record.partition is not None:
        return record.partition % SHARDS
    return zlib.crc32(record.key or b"") % SHARDS


async def put(tx: Writing, owner: str, records: Sequence[Outgoing]) -> None:
    """Adds rows in the caller's transaction. `owner` is the service whose relay will send them."""
    if not records:
        return
    rows = ((owner, shard_of(r), r.topic, r.partition, r.key, pack_headers(r.headers), r.value) for r in records)
    await tx.copy("outbox", ("owner", "shard", "topic", "partition", "key", "headers", "value"), rows)
    tx.after_commit(lambda: _wake(owner).set())


def _wake(owner: str) -> asyncio.Event:
    return _wakes.setdefault(owner, asyncio.Event())


async def run_relay(*, broker: Broker, database: Database, owner: str, name: str) -> None:
    """Sends the owner's rows until cancelled. Errors of broker or database are logged and tried again."""
    producer = await _producer(broker, f"{name}-relay")
    try:
        async with asyncio.TaskGroup() as group:
            for shard in range(SHARDS):
                relay = Relay(database, producer, owner, Partition("outbox", shard), name)
                group.create_task(relay.run(), name=f"relay-{owner}-{shard}")
    finally:
        await producer.stop()


async def _producer(broker: Broker, name: str) -> Producer:
    while True:
        try:
            return await broker.producer(name)
        except NotReady as error:
            log.warning("outbox_not_sent", owner=name, error=str(error))
            await asyncio.sleep(1.0)


class Relay:
    """One shard of one owner."""

    def __init__(self, database: Database, producer: Producer, owner: str, shard: Partition, name: str) -> None:
        self._database = database
        self._producer = producer
        self._owner = owner
        self._shard = shard
        self._name = name
        self._epoch: int | None = None

    async def run(self) -> None:
        wake = _wake(self._owner)
        while True:
            wake.clear()
            try:
                sent = await self.send_some()
            except Fenced:
                self._epoch = None
                await asyncio.sleep(1.0)
                continue
            except Exception as error:  # the broker or the database is away: the rows stay, we try again
                OUTBOX_FAILED.labels(self._owner).inc()
                log.warning("outbox_not_sent", owner=self._owner, shard=self._shard.number, error=repr(error))
                self._epoch = None
                await asyncio.sleep(1.0)
                continue
            if sent < _MOST:
                await _wait(wake, _POLL_S)

    async def send_some(self) -> int:
        """Sends the first rows that wait, claiming the shard before if it is not ours yet; how many. Raises Fenced."""
        group = f"relay:{self._owner}"
        if self._epoch is None:
            async with self._database.writing(lock_timeout_ms=2_000) as tx:
                self._epoch = (await positions.claim(tx, group, self._shard, 0, self._name)).epoch
        async with self._database.reading() as reading:
            rows = await reading.fetch(
                "SELECT id, topic, partition, key, headers, value FROM outbox"
                " WHERE owner = $1 AND shard = $2 ORDER BY id LIMIT $3",
                self._owner, self._shard.number, _MOST,
            )  # fmt: skip
            epoch = await reading.value(
                'SELECT epoch FROM positions WHERE "group" = $1 AND topic = $2 AND partition = $3', group, *self._shard
            )
        if epoch != self._epoch:
            raise Fenced(group)
        if rows:
            failpoints.reach(f"{group}:before_send")
            await self._producer.send([_outgoing(row) for row in rows])
            failpoints.reach(f"{group}:after_send")
            await self._forget([row["id"] for row in rows])
        return len(rows)

    async def _forget(self, ids: list[int]) -> None:
        async with self._database.writing() as tx:
            await tx.execute("DELETE FROM outbox WHERE id = ANY($1::bigint[])", ids)
        OUTBOX_SENT.labels(self._owner).inc(len(ids))


def _outgoing(row: Row) -> Outgoing:
    return Outgoing(row["topic"], row["key"], row["value"], unpack_headers(row["headers"]), row["partition"])


async def _wait(wake: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await wake.wait()
    except TimeoutError:
        return
