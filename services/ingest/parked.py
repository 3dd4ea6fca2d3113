"""The use cases of rejected records: sent again to their topic, or discarded. The console and the command line
call these in a transaction of theirs."""

from collections.abc import Sequence

from services.ingest.importing import TOPIC as IMPORTED
from services.ingest.store import rejected
from shared import outbox
from shared.broker import RECEIVED_AT, Outgoing
from shared.database import Row, Writing
from shared.errors import Conflict, NotFound
from shared.outbox import unpack_headers

OPEN = ("parked", "held")


async def replay(tx: Writing, ids: Sequence[int]) -> int:
    """Sends parked records to their topic again, as if they had just come, but with the time at which they first
    did; how many. All or none: raises NotFound or Conflict."""
    rows = await _open_rows(tx, ids)
    for row in rows:
        _check_can_go(row)
    await _send(tx, rows)
    return len(rows)


async def replay_held(tx: Writing, source: str, most: int = 2_000) -> int:
    """Ends the hold of a source and sends the first `most` of its held records again, in the order in which they
    came; how many. Call it until it says 0. Raises NotFound for a source that is not held and has none."""
    released = await rejected.release(tx, source)
    rows = await rejected.next_held(tx, source, most)
    if rows:
        await _send(tx, rows)
    elif not released and not await rejected.has_any(tx, source):
        raise NotFound(f"nothing of {source} was ever held or rejected", "`steward rejected list` shows what is there")
    return len(rows)


async def replay_parked(tx: Writing, source: str | None, reason: str | None, most: int = 2_000) -> int:
    """Sends the first `most` parked records of a source, for a reason, or both; how many. Call it until it says 0."""
    rows = await rejected.next_open(tx, source, reason, ["parked"], imported=IMPORTED, most=most)
    await _send(tx, rows)
    return len(rows)


async def discard_all(tx: Writing, source: str | None, reason: str | None, most: int = 2_000) -> int:
    """Gives up the first `most` records of a source, for a reason, or both; how many. Call it until it says 0."""
    rows = await rejected.next_open(tx, source, reason, OPEN, imported="", most=most)
    return await rejected.mark(tx, [row["id"] for row in rows], "discarded")


async def discard(tx: Writing, ids: Sequence[int]) -> int:
    """Gives records up for good; their bytes stay readable. All or none: raises NotFound or Conflict."""
    rows = await _open_rows(tx, ids)
    return await rejected.mark(tx, [row["id"] for row in rows], "discarded")


async def _open_rows(tx: Writing, ids: Sequence[int]) -> list[Row]:
    rows = await rejected.lock(tx, ids)
    missing = sorted(set(ids) - {row["id"] for row in rows})
    if missing:
        words = f"there is no rejected record {', '.join(map(str, missing))}"
        raise NotFound(words, "`steward rejected list` shows what is there")
    done = [f"{row['id']} ({row['status']})" for row in rows if row["status"] not in OPEN]
    if done:
        raise Conflict(f"already dealt with: {', '.join(done)}", "name only records that are parked or held")
    return rows


def _check_can_go(row: Row) -> None:
    if row["topic"] == IMPORTED:
        words = f"record {row['id']} is a row of a file, which has no topic to go back to"
        raise Conflict(
            words, "import the file again, with the mapping mended or a later --now: taken rows are then marked"
        )
    if row["status"] == "held":
        words = f"record {row['id']} is held with all of its source, and would be held again"
        raise Conflict(words, f"mend the cause, then `steward rejected replay --source {row['source']}`")


async def _send(tx: Writing, rows: Sequence[Row]) -> None:
    await outbox.put(tx, "ingest", [_again(row) for row in rows])
    await rejected.mark(tx, [row["id"] for row in rows], "replayed")


def _again(row: Row) -> Outgoing:
    headers = [(name, value) for name, value in unpack_headers(row["headers"]) if name != RECEIVED_AT]
    headers.append((RECEIVED_AT, row["first_received_at"].isoformat().encode()))
    return Outgoing(row["topic"], row["key"], row["value"], headers, row["partition"] if row["key"] is None else None)
