"""`steward segments`: the schemes in force, how many accounts are where, and how each segment is cared for."""

# ruff: noqa: PLC0415  # a command imports what it needs when it runs

from typing import TYPE_CHECKING, Annotated

import typer

from services.cli.terminal import escape, examples, group, out, run
from shared.errors import NotFound

if TYPE_CHECKING:
    from services.api.schemas import SegmentRow, SegmentScheme, SegmentSchemes

app = group(
    "segments",
    "Which kinds of accounts there are, and how many.",
    ("steward segments list", "segments, tiers, sizes and stages, with their accounts"),
    ("steward segments show high_touch", "how its accounts are cared for"),
)


@app.command("list", epilog=examples(("steward segments list", "of all schemes in force")))
def list_() -> None:
    """List segments, tiers, sizes and stages with their accounts and revenue."""
    from rich.table import Table

    for scheme in run(_schemes()).data:
        title = f"{scheme.place} by {scheme.scheme}: {scheme.words}"
        table = Table(title=escape(title), title_justify="left", box=None, header_style="bold")
        table.add_column("name")
        for column in ("accounts", "ARR", "unowned"):
            table.add_column(column, justify="right")
        table.add_column("CSMs asked for", justify="right")
        for one in scheme.segments:
            table.add_row(one.name, f"{one.accounts:,}", f"{one.arr:,.0f}", str(one.unowned), _csms(one))
        out.print(table)
        if scheme.unplaced:
            out.print(f"[dim]{scheme.unplaced:,} accounts are in none of them yet.[/]")


@app.command(epilog=examples(("steward segments show low_touch", "touch, ratio, cadence, cost to serve")))
def show(name: Annotated[str, typer.Argument(help="a segment, tier, size or stage")]) -> None:
    """Show one segment: its accounts and its coverage model."""
    found = [(s, one) for s in run(_schemes()).data for one in s.segments if one.name == name]
    if not found:
        raise NotFound(f"nothing is called {name}", "`steward segments list` has all names")
    for scheme, one in found:
        _tell(scheme, one)


def _tell(scheme: "SegmentScheme", one: "SegmentRow") -> None:
    out.print(f"[bold]{escape(one.label)}[/] [dim]{scheme.place} by {scheme.scheme}[/]  {escape(one.words)}")
    served = "" if one.served is None else f", {one.served:,} served as such"
    out.print(f"  {one.accounts:,} accounts{served}, ARR {one.arr:,.0f}, {one.unowned:,} without an owner")
    told = one.coverage.model_dump() if one.coverage else {}
    for field, value in told.items():
        words = ", ".join(value) if isinstance(value, list) else value
        if words:
            out.print(f"  {field.replace('_', ' '):<15} {escape(str(words))}")


def _csms(one: "SegmentRow") -> str:
    return "–" if one.csms is None else str(one.csms)


async def _schemes() -> "SegmentSchemes":
    from services.api.queries.segments import schemes
    from services.api.roles import Caller, Role
    from services.cli.wiring import open_database
    from services.health.force import InForce
    from services.health.gathering import gathered
    from shared.settings import Settings

    settings = Settings()
    async with open_database(settings) as database, database.reading() as tx:
        rules = await InForce(gathered(settings.config_dir)).read(tx)
        return await schemes(tx, Caller("steward segments", Role.ADMIN), rules)
