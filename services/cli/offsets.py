"""`steward offsets`: where each group stands in each partition, beside the log's bounds; and how to set it."""

# ruff: noqa: PLC0415  # a command imports what it needs when it runs

from collections.abc import Collection, Mapping
from typing import Annotated, Any

import typer

from services.cli.terminal import escape, examples, group, out, run
from shared.broker import Bounds, Broker, Partition
from shared.errors import Invalid, NotFound

app = group(
    "offsets",
    "Positions of the services in the topics.",
    ("steward offsets show", "position, bounds and lag of every partition"),
    ("steward offsets reset ingest crm.events 3 --to start", "after a topic was made anew"),
)


@app.command(
    epilog=examples(("steward offsets show", "everything"), ("steward offsets show --group health", "one group"))
)
def show(group: Annotated[str | None, typer.Option(help="only this group")] = None) -> None:
    """Show where each group stands. A position outside the log's bounds stops its partition."""
    run(_show(group))


async def _show(group: str | None) -> None:
    from rich.table import Table

    from services.cli.wiring import TOPICS, open_everything
    from shared import positions
    from shared.settings import Settings

    async with open_everything(Settings()) as installed:
        async with installed.database.reading() as tx:
            rows = [row for row in await positions.all_positions(tx) if group in (None, row["group"])]
        found = await bounds_of(installed.broker, {row["topic"] for row in rows} & set(TOPICS))
    table = Table("group", "topic", "partition", "start", "position", "end", "lag", "epoch", "claimed by", box=None)
    for row in rows:
        table.add_row(*_told(row, found.get(Partition(row["topic"], row["partition"]))))
    out.print(table if rows else "No group has claimed anything yet.")


def _told(row: Mapping[str, Any], bounds: Bounds | None) -> list[str]:
    at = str(row["position"])
    start = end = lag = "–"
    if bounds is not None:
        start, end, lag = str(bounds.start), str(bounds.end), str(bounds.end - row["position"])
        at = at if bounds.start <= row["position"] <= bounds.end else f"[bold red]{at} outside[/]"
    where = (escape(row["group"]), row["topic"], str(row["partition"]))
    return [*where, start, at, end, lag, str(row["epoch"]), escape(row["claimed_by"])]


async def bounds_of(broker: Broker, topics: Collection[str]) -> Mapping[Partition, Bounds]:
    """Start and end of every partition of the topics, asked as a group of its own that reads nothing."""
    partitions = list(await broker.ends(sorted(topics))) if topics else []
    if not partitions:
        return {}
    consumer = await broker.consumer("steward-look", sorted(topics), "steward-look")
    try:
        return await consumer.bounds(partitions)
    finally:
        await consumer.stop()


@app.command(
    epilog=examples(
        ("steward offsets reset ingest crm.events 3 --to start", "everything again; what was seen is a duplicate"),
        ("steward offsets reset ingest crm.events 3 --to end", "skips what is there, on purpose"),
        ("steward offsets reset ingest crm.events 3 --to 4711", "from this offset on"),
    )
)
def reset(
    group: Annotated[str, typer.Argument(help="e.g. ingest")],
    topic: Annotated[str, typer.Argument(help="e.g. crm.events")],
    partition: Annotated[int, typer.Argument(min=0)],
    to: Annotated[str, typer.Option(help="start, end, or an offset")],
) -> None:
    """Set a position by hand. Whoever owns the partition is fenced and goes on from there."""
    run(_reset(group, topic, partition, to))


async def _reset(group: str, topic: str, number: int, to: str) -> None:
    from services.cli.wiring import TOPICS, open_everything
    from shared import positions
    from shared.settings import Settings

    if topic not in TOPICS:
        raise Invalid(f"there is no topic {topic}", f"one of {', '.join(TOPICS)}")
    async with open_everything(Settings()) as installed:
        found = await bounds_of(installed.broker, [topic])
        bounds = found.get(Partition(topic, number))
        if bounds is None:
            raise NotFound(f"{topic} has no partition {number}", "`steward offsets show` shows those there are")
        position = target(to, bounds)
        async with installed.database.writing(lock_timeout_ms=10_000) as tx:
            if not await positions.reset(tx, group, topic, number, position):
                raise NotFound(f"{group} never claimed {topic}/{number}", "`steward offsets show` names the groups")
    out.print(
        f"{escape(group)} goes on at {position} in {topic}/{number} (the log has {bounds.start} to {bounds.end})."
    )


def target(to: str, bounds: Bounds) -> int:
    """The offset that `start`, `end` or a number means. Raises Invalid outside the log."""
    if to in ("start", "end"):
        return bounds.start if to == "start" else bounds.end
    if not to.isdecimal() or not bounds.start <= int(to) <= bounds.end:
        raise Invalid(f"{to} is no offset of this log", f"start, end, or {bounds.start} to {bounds.end}")
    return int(to)
