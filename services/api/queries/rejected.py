"""Questions about records that could not become events."""

import base64
from typing import NamedTuple

from services.api.cursors import ByNumber, page, read_cursor, write_cursor
from services.api.schemas import Bytes, Header, Page, RejectedRecord
from shared.database import Reading, Row
from shared.errors import NotFound
from shared.outbox import unpack_headers

_SHOWN_BYTES = 4_000


class RejectedFilter(NamedTuple):
    """Which rejected records are wanted; None does not ask."""

    reason: str | None = None
    source: str | None = None
    status: str | None = None


_REJECTED = """
    SELECT id, source, topic, partition, "offset", reason, words, status, first_received_at, rejected_at, key, headers,
           substring(value FROM 1 FOR $1::int) AS value, octet_length(value) AS size
    FROM rejected
"""


async def list_rejected(
    tx: Reading, wanted: RejectedFilter, limit: int, cursor: str | None = None
) -> Page[RejectedRecord]:
    """Rejected records, newest first, each with the beginning of its body."""
    after = read_cursor(cursor, ByNumber)
    rows = await tx.fetch(
        f"""
        {_REJECTED}
        WHERE ($2::text IS NULL OR reason = $2)
          AND ($3::text IS NULL OR source = $3)
          AND ($4::text IS NULL OR status = $4)
          AND ($5::bigint IS NULL OR id < $5)
        ORDER BY id DESC
        LIMIT $6
        """,
        _SHOWN_BYTES, *wanted, after and after.id, limit + 1,
    )  # fmt: skip
    found, last = page(rows, limit)
    return Page(data=[_rejected(row) for row in found], next=last and write_cursor(ByNumber(last["id"])))


async def one_rejected(tx: Reading, rejected_id: int) -> RejectedRecord:
    """A rejected record with its whole body. Raises NotFound."""
    row = await tx.row(f"{_REJECTED} WHERE id = $2", 2**31 - 1, rejected_id)
    if row is None:
        raise NotFound(f"There is no rejected record {rejected_id}.")
    return _rejected(row)


def _rejected(row: Row) -> RejectedRecord:
    plain = ("id", "source", "topic", "partition", "offset", "reason", "words", "status", "first_received_at",
             "rejected_at", "size")  # fmt: skip
    return RejectedRecord(
        **{name: row[name] for name in plain},
        key=None if row["key"] is None else shown(row["key"]),
        headers=[Header(name=name, value=shown(value)) for name, value in unpack_headers(row["headers"])],
        body=shown(row["value"], truncated=row["size"] > len(row["value"])),
    )


def shown(raw: bytes, *, truncated: bool = False) -> Bytes:
    """Bytes as text if they are UTF-8 (but for a letter cut in two at the end), else as base64."""
    for cut in range(4 if truncated else 1):
        try:
            text = raw[: len(raw) - cut].decode()
        except UnicodeDecodeError:
            continue
        return Bytes(encoding="text", content=text, truncated=truncated)
    return Bytes(encoding="base64", content=base64.b64encode(raw).decode(), truncated=truncated)
