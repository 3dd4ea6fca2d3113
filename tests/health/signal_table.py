"""The tables of docs/signals.md, made from the files and detectors: `python -m tests.health.signal_table`."""

import re
from pathlib import Path

from services.health.detectors import DETECTORS
from services.health.signal_files import Level, SignalFile, load_signals

PAGE = Path(__file__).parents[2] / "docs" / "signals.md"


def kinds(side: str) -> str:
    """Every kind of a side with what holds, its window, severities, when it may be noticed anew, and its source."""
    head = [
        "| signal | what holds | window | severity | anew after | source |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    return "\n".join([*head, *(_row(one) for one in load_signals().values() if one.side == side), ""])


def detectors() -> str:
    """Every detector."""
    head = ["| detector | what holds | what the levels grade | params | reads |", "| --- | --- | --- | --- | --- |"]
    rows = [
        f"| `{one.name}` | {one.doc} | {one.degree} | {' '.join(f'`{k}={_said(v)}`' for k, v in one.params.items())} "
        f"| {' '.join(f'`{kind}`' for kind in sorted(one.reads))} |"
        for one in DETECTORS.values()
    ]
    return "\n".join([*head, *rows, ""])


def with_tables(page: str) -> str:
    """The page with the tables in their places."""
    for name, table in (("risk", kinds("risk")), ("expansion", kinds("expansion")), ("detectors", detectors())):
        between = re.compile(rf"(<!-- {name}: [^\n]*-->\n).*?(<!-- end of {name} -->)", re.S)
        page = between.sub(lambda found, table=table: found[1] + table + found[2], page)  # type: ignore[misc]
    return page


def _row(file: SignalFile) -> str:
    also = "".join(f", and `{one.measure or one.field}` {one.op} {one.bound:g}" for one in file.also)
    window = "" if file.window_days is None else f"{file.window_days} days"
    days = {0: "it ceased", 1: "1 day"}.get(file.rearm_days, f"{file.rearm_days} days")
    cells = (
        f"`{file.name}`", f"**{file.label}**: {_what(file)}{also}", window, ", ".join(map(_level, file.levels)), days,
        file.source.strip(),
    )  # fmt: skip
    return f"| {' | '.join(cells)} |"


def _what(file: SignalFile) -> str:
    if file.reads is not None:
        return f"`{file.reads.measure}`"
    return f"detector `{file.detector}`" if file.detector else f"the score, {file.swing}"


def _level(level: Level) -> str:
    return f"{level.op} {level.value:g} {level.severity}"


def _said(value: object) -> str:
    return ",".join(value) if isinstance(value, tuple) else str(value)


if __name__ == "__main__":
    PAGE.write_text(with_tables(PAGE.read_text("utf-8")), "utf-8")
