"""The table of measures in docs/catalogue.md, made from the registry: `python -m tests.health.measure_table`."""

import re
from pathlib import Path

from services.health.measures import MEASURES
from services.health.measures.measure import Measure

PAGE = Path(__file__).parents[2] / "docs" / "catalogue.md"
_BETWEEN = re.compile(r"(<!-- measures: [^\n]*-->\n).*?(<!-- end of measures -->)", re.S)


def table() -> str:
    """Every measure with what it is, its unit, when it is unknown, its params, the events it reads and its sources."""
    head = [
        "| measure | value | unit | unknown | params | reads | source |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    return "\n".join([*head, *map(_row, MEASURES.values()), ""])


def with_table(page: str) -> str:
    """The page with the table in its place."""
    return _BETWEEN.sub(lambda found: found[1] + table() + found[2], page)


def _row(measure: Measure) -> str:
    params = " ".join(
        f"`{name}`" if value == () else f"`{name}={_said(value)}`" for name, value in measure.params.items()
    )
    reads = " ".join(f"`{kind}`" for kind in sorted(measure.reads))
    cells = (
        f"`{measure.name}`", f"**{measure.label}**: {measure.doc}", measure.unit, measure.unknown, params, reads,
        ", ".join(measure.sources),
    )  # fmt: skip
    return f"| {' | '.join(cells)} |"


def _said(value: object) -> str:
    return ",".join(value) if isinstance(value, tuple) else str(value)


if __name__ == "__main__":
    PAGE.write_text(with_table(PAGE.read_text("utf-8")), "utf-8")
