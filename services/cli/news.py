"""What an onlooker of the demo is told: one line for every crossing, every run and every alert."""

import asyncio
import datetime as dt
import json
from typing import Any

from rich.console import Console
from rich.markup import escape

from services.cli import onlooking
from services.cli.receiver import Receiver
from shared.clock import Clock
from shared.database import Database, Row

_LOOK_EVERY_S = 0.5
_MOST_CAUSES = 3


async def watch(database: Database, console: Console, since: dt.datetime) -> None:
    """Prints crossings and runs from `since` on, each once, until cancelled."""
    seen: set[object] = set()
    while True:
        async with database.reading() as tx:
            news = [(row["at"], crossing_line(row), row["id"]) for row in await onlooking.crossings(tx, since)]
            news += [(row["started_at"], run_line(row), row["id"]) for row in await onlooking.runs(tx, since)]
        for at, line, one in sorted(news, key=lambda told: told[0]):
            if one not in seen:
                console.print(f"[dim]{at.astimezone():%H:%M:%S}[/] {line}", soft_wrap=True, highlight=False)
        seen |= {one for _, _, one in news}
        await asyncio.sleep(_LOOK_EVERY_S)


async def listen(receiver: Receiver, clock: Clock, console: Console) -> None:
    """Prints every alert that arrives at the receiver, until cancelled; a moment later, after what caused it."""
    while True:
        message = await receiver.arrives()
        at = clock.now().astimezone()
        await asyncio.sleep(2 * _LOOK_EVERY_S)
        console.print(f"[dim]{at:%H:%M:%S}[/] {alert_line(message)}", soft_wrap=True, highlight=False)


def crossing_line(row: Row | dict[str, Any]) -> str:
    """Who moved between which bands, and why."""
    down = row["direction"] == "down"
    mark, color = ("▼", "red") if down else ("▲", "green")
    scores = f"{_score(row['previous_score'])} → {_score(row['score'])}"
    bands = f"{_words(row['from_band'])} → [bold {color}]{_words(row['to_band'])}[/]"
    reasons = ", ".join(_reasons(json.loads(row["causes"]), down=down))
    return f"[{color}]{mark}[/] [bold]{escape(row['name'])}[/]  {scores}  {bands}" + (
        f"  [dim]{escape(reasons)}[/]" if reasons else ""
    )


def run_line(row: Row | dict[str, Any]) -> str:
    """Which playbook started for whom, and what there is to do first."""
    first = f"; first: {escape(row['first_task'])}, due {row['first_due']:%a %d %b}" if row["first_task"] else ""
    tasks = "task" if row["tasks"] == 1 else "tasks"
    what = f"playbook {escape(row['playbook'])}, {row['tasks']} {tasks}{first}"
    return f"[yellow]▶[/] [bold]{escape(row['name'])}[/]  {what}"


def alert_line(message: dict[str, Any]) -> str:
    """What Slack was told."""
    return f"[cyan]✉[/] Slack: {escape(str(message.get('text', '')))}"


def _reasons(causes: list[dict[str, Any]], *, down: bool) -> list[str]:
    """The causes that moved the score most in the crossing's direction."""
    pulling = [cause for cause in causes if (cause["points"] < 0) == down and cause["points"]]
    pulling.sort(key=lambda cause: -abs(cause["points"]))
    return [f"{cause['label']} {cause['points'] / 1_000_000:+.1f}" for cause in pulling[:_MOST_CAUSES]]


def _score(score: int | None) -> str:
    return "–" if score is None else str(score)


def _words(band: str | None) -> str:
    return escape((band or "–").replace("_", " "))
