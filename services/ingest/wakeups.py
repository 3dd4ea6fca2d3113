"""What ingest tells health: which accounts changed, one record per partition and batch. Pure."""

import datetime as dt
import uuid
from collections.abc import Iterable
from typing import Literal

from shared.broker import MORE, RECEIVED_AT, Outgoing
from shared.contracts import AccountsChanged, Topic


def wakeups(
    versions: Iterable[tuple[int, int]], received_at: dt.datetime, partitions: int, now: dt.datetime,
    *, rebase: Literal["import"] | None = None, more: bool = False,
) -> list[Outgoing]:  # fmt: skip
    """One record for each partition that has changed accounts: (account, facts version) pairs. `more`: others follow at
    once."""
    shares: dict[int, list[tuple[int, int]]] = {}
    for account, version in versions:
        shares.setdefault(account % partitions, []).append((account, version))
    return [
        Outgoing(
            Topic.CHANGES,
            None,
            AccountsChanged.model_construct(accounts=accounts, received_at=received_at, rebase=rebase)
            .model_dump_json()
            .encode(),
            _headers(now, received_at, more),
            partition,
        )
        for partition, accounts in shares.items()
    ]


def _headers(now: dt.datetime, received_at: dt.datetime, more: bool) -> list[tuple[str, bytes]]:
    return [
        ("ce_specversion", b"1.0"),
        ("ce_id", str(uuid.uuid4()).encode()),
        ("ce_source", b"steward/ingest"),
        ("ce_type", b"accounts.changed"),
        ("ce_time", now.isoformat().encode()),
        ("content-type", b"application/json"),
        (RECEIVED_AT, received_at.isoformat().encode()),
        *([(MORE, b"1")] if more else []),
    ]
