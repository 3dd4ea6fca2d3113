"""The promise of a broker, kept by shared/kafka.py and by shared/embedded_log.py. tests/ holds both to it.

A topic has partitions; a partition is an ordered log of records with gapless-or-growing offsets. Consumers of
a group share the partitions. Positions are ours to keep (in PostgreSQL): a consumer starts nowhere until `seek`.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol

Headers = Sequence[tuple[str, bytes]]

RECEIVED_AT = "steward_received_at"
"""Header with the first arrival of what a record tells, RFC 3339: set by the API's doors and by ingest's wake-ups, kept
when a parked record is replayed."""

MORE = "steward_more"
"""Header of a record whose sender has more of the kind to tell at once: it works through a backlog."""

REQUEST, SIGNED_BODY = "steward_request", "steward_body"
"""Headers of the first record out of a webhook's request: the request's own headers but secrets, as JSON; and the body
that was signed as a whole, where it was told apart into several records. A parked record does not keep the body."""


class Partition(NamedTuple):
    """One partition of one topic."""

    topic: str
    number: int


class Record(NamedTuple):
    """The bytes that the broker handed us. `timestamp` is in milliseconds since 1970."""

    partition: Partition
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes
    headers: Headers

    def header(self, name: str) -> str | None:
        """A header's text, or None where it is missing or not UTF-8."""
        for key, value in self.headers:
            if key == name:
                return value.decode("utf-8", "replace")
        return None


class Outgoing(NamedTuple):
    """A record to be sent. Without a partition, the key decides."""

    topic: str
    key: bytes | None
    value: bytes
    headers: Headers
    partition: int | None = None


class Bounds(NamedTuple):
    """First offset still in the log, and the offset that the next record will get."""

    start: int
    end: int


class Consumer(Protocol):
    """One member of a group."""

    async def assigned(self) -> tuple[int, frozenset[Partition]]:
        """(generation, the partitions that are ours now). Every rebalance has a new generation; after it each
        partition rests until it is sought."""
        ...

    async def bounds(self, partitions: Sequence[Partition]) -> Mapping[Partition, Bounds]: ...

    async def seek(self, partition: Partition, offset: int) -> None:
        """The next fetch of the partition starts at `offset`."""
        ...

    async def pause(self, partition: Partition) -> None:
        """The partition is not fetched until the next `seek`."""
        ...

    async def fetch(self, most: int, timeout_ms: int) -> Mapping[Partition, list[Record]]:
        """Up to `most` records of our partitions, waiting up to `timeout_ms` for the first. Never cancelled."""
        ...

    async def peek(self, partition: Partition, offset: int) -> Record | None:
        """The record at `offset`, if it still exists. Moves nothing. The partition must be sought afterwards."""
        ...

    async def hint(self, positions: Mapping[Partition, int]) -> None:
        """Tells the broker how far we are, best effort, for lag tools alone."""
        ...

    async def stop(self) -> None: ...


class Producer(Protocol):
    """Sends records, each acknowledged by all replicas before `send` returns."""

    async def send(self, records: Sequence[Outgoing]) -> None: ...

    async def stop(self) -> None: ...


class Broker(Protocol):
    """Where topics are."""

    async def create_topics(self, topics: Sequence[str], partitions: int) -> list[str]:
        """Creates those that are missing; their names."""
        ...

    async def ends(self, topics: Sequence[str]) -> Mapping[Partition, int]:
        """The end of every partition, asked on a connection of its own, apart from any consumer."""
        ...

    async def consumer(self, group: str, topics: Sequence[str], name: str) -> Consumer: ...

    async def producer(self, name: str) -> Producer: ...

    async def ready(self) -> None:
        """Raises NotReady when the broker does not answer."""
        ...

    async def stop(self) -> None: ...
