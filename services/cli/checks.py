"""What `steward doctor` makes of what it saw: each check with its remedy. Pure."""

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Literal, NamedTuple

from shared.broker import Bounds, Partition

LEAST_PYTHON = (3, 11)
LEAST_DISK = 1_000_000_000
"""Bytes below which the disk is too full to go on for long."""
OLD_OUTBOX = dt.timedelta(minutes=1)
LATE = dt.timedelta(minutes=10)
"""How long something may be overdue before its service is stale."""

Level = Literal["ok", "warning", "failure"]


class Finding(NamedTuple):
    """The outcome of one check. Whatever is not ok has a remedy."""

    check: str
    level: Level
    words: str
    remedy: str = ""


def of_python(version: tuple[int, int]) -> Finding:
    """The interpreter is one that Steward runs on."""
    words = f"{version[0]}.{version[1]}"
    if version >= LEAST_PYTHON:
        return Finding("Python", "ok", words)
    return Finding("Python", "failure", f"{words} is too old", "install Python 3.11 or newer and make the .venv again")


def of_disk(free: int, path: str) -> Finding:
    """The disk under the data has room."""
    words = f"{free / 1e9:.1f} GB free under {path}"
    if free >= LEAST_DISK:
        return Finding("disk", "ok", words)
    return Finding("disk", "failure", words, "free some space, or point STEWARD_DATA_DIR at another disk")


def of_schema(current: str | None, newest: str) -> Finding:
    """The database has this version's schema."""
    if current == newest:
        return Finding("schema", "ok", f"at {newest}")
    words = f"at {current}, this version needs {newest}" if current else "the database is empty"
    return Finding("schema", "failure", words, "`steward migrate`")


def of_topics(found: Mapping[str, int], wanted: Sequence[str], partitions: int) -> Finding:
    """Every topic is there, all with the same number of partitions."""
    missing = [topic for topic in wanted if not found.get(topic)]
    if missing:
        return Finding("topics", "failure", f"missing: {', '.join(missing)}", "`steward topics create`")
    counts = {found[topic] for topic in wanted}
    if len(counts) > 1:
        words = "; ".join(f"{topic} has {found[topic]}" for topic in wanted)
        remedy = "give all topics the largest of these numbers (kafka-topics.sh --alter): partition i meets partition i"
        return Finding("topics", "failure", f"partitions differ: {words}", remedy)
    if counts != {partitions}:
        words = f"{counts.pop()} partitions each, STEWARD_PARTITIONS says {partitions}"
        return Finding("topics", "failure", words, "set STEWARD_PARTITIONS to what the topics have")
    return Finding("topics", "ok", f"{len(wanted)} with {partitions} partitions each")


def of_positions(rows: Sequence[Mapping[str, Any]], bounds: Mapping[Partition, Bounds]) -> Finding:
    """Every position lies inside its log: outside, the partition stands still."""
    wrong = []
    for row in rows:
        log = bounds.get(Partition(row["topic"], row["partition"]))
        if log is not None and not log.start <= row["position"] <= log.end:
            wrong.append(f"{row['group']} {row['topic']} {row['partition']}")
    if not wrong:
        return Finding("positions", "ok", f"{len(rows)}, all inside the log")
    remedy = f"`steward offsets show`, then e.g. `steward offsets reset {wrong[0]} --to start`"
    return Finding("positions", "failure", f"outside the log: {'; '.join(wrong[:5])}", remedy)


def of_troubles(rows: Sequence[Mapping[str, Any]]) -> list[Finding]:
    """No partition waits on a record that fails, or has stopped."""
    return [
        Finding(
            f"partition {row['topic']}/{row['partition']}", "failure",
            f"{row['group']} waits there since {row['since']:%Y-%m-%d %H:%M}: {row['error']}", row["remedy"],
        )
        for row in rows
    ]  # fmt: skip


def of_days(to_close: int) -> Finding:
    """Scores are not held up by days that passed while nobody closed them."""
    if to_close <= 1:
        return Finding("days", "ok", "all before today are closed, or are being closed")
    words = f"{to_close} have passed that are not closed; scores stand still until they are"
    return Finding("days", "warning", words, "wait, if health runs: it closes them one after another, then goes on")


def of_parked(counts: Sequence[Mapping[str, Any]], held: Sequence[Mapping[str, Any]]) -> Finding:
    """Nothing waits for a person."""
    total = sum(row["count"] for row in counts)
    if held:
        names = ", ".join(row["source"] for row in held)
        waiting = sum(row["count"] for row in counts if row["status"] == "held")
        remedy = f"mend the source, then `steward rejected replay --source {held[0]['source']}`"
        more = f"; {total - waiting} more are parked" if total > waiting else ""
        return Finding("rejected", "failure", f"held: {names}; {waiting} records wait{more}", remedy)
    if not total:
        return Finding("rejected", "ok", "nothing is parked")
    worst = counts[0]
    words = f"{total} parked, most of {worst['source']}: {worst['reason']} ({worst['count']})"
    again = "import again with a later --now or a mended mapping" if worst["topic"] == "import" else "replay"
    return Finding("rejected", "warning", words, f"`steward rejected list`, then {again}, or discard")


def of_sources(rows: Sequence[Mapping[str, Any]], quiet: Collection[str], now: dt.datetime) -> Finding:
    """Every source still tells us things. `quiet`: those that are silent for longer than they usually are."""
    if not quiet:
        return Finding("sources", "ok", f"{len(rows)}, each heard as lately as usual" if rows else "none was heard yet")
    since = {row["source"]: row["last_received_at"] for row in rows if row["source"] in quiet}
    told = [f"{name} for {(now - since[name]).total_seconds() / 3600:.0f} h" for name in sorted(since)[:5]]
    remedy = "does it still send? look at its own log of deliveries; what was missed may be sent again"
    return Finding("sources", "warning", f"quiet for longer than usual: {', '.join(told)}", remedy)


def of_outbox(rows: Sequence[Mapping[str, Any]], now: dt.datetime, *, embedded: bool = False) -> Finding:
    """What is to leave, leaves."""
    total = sum(row["rows"] for row in rows)
    old = [row for row in rows if now - row["oldest"] > OLD_OUTBOX]
    if not old:
        return Finding("outbox", "ok", f"{total} rows wait" if total else "empty")
    owners = ", ".join(row["owner"] for row in old)
    words = f"{total} rows wait, of {owners} since {min(row['oldest'] for row in old):%Y-%m-%d %H:%M}"
    start = "steward up" if embedded else f"steward {old[0]['owner']}"
    remedy = f"start `{start}`, and look whether the broker takes records"
    return Finding("outbox", "warning", words, remedy)


def of_services(
    overdue: Mapping[str, int], lag: Mapping[str, int], connected: Collection[str], wanted: Sequence[str],
    *, embedded: bool = False,
) -> list[Finding]:  # fmt: skip
    """Each service does what is due. `lag` is records not handled, by group; `connected` are processes' names. On the
    embedded log services do not run alone."""
    starts = {name: "steward up" if embedded else f"steward {name}" for name in wanted}
    return [_of_service(name, overdue.get(name, 0), lag.get(name, 0), connected, starts[name]) for name in wanted]


def _of_service(name: str, overdue: int, lag: int, connected: Collection[str], start: str) -> Finding:
    running = any(one in (f"steward-{name}", "steward-up", "steward-demo") for one in connected)
    waiting = [f"{lag} records wait"] * bool(lag) + [f"{overdue} are overdue by ten minutes"] * bool(overdue)
    if running and not overdue:
        return Finding(f"service {name}", "ok", ", ".join(["running", *waiting]))
    if running:
        remedy = f"it is catching up, or stuck: read its log, and restart `{start}` if that stands still"
        return Finding(f"service {name}", "warning", ", ".join(["running", *waiting]), remedy)
    remedy = f"start `{start}`"
    words = ", ".join(["not running", *waiting])
    return Finding(f"service {name}", "failure" if waiting else "warning", words, remedy)


def lag_by_group(rows: Sequence[Mapping[str, Any]], bounds: Mapping[Partition, Bounds]) -> dict[str, int]:
    """Records that each group has not handled yet."""
    lag: dict[str, int] = {}
    for row in rows:
        log = bounds.get(Partition(row["topic"], row["partition"]))
        if log is not None:
            lag[row["group"]] = lag.get(row["group"], 0) + max(log.end - row["position"], 0)
    return lag
