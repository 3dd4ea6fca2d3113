"""`steward models try`: what a draft of a model would change, now and over the days that were recorded."""

# ruff: noqa: PLC0415  # a command imports what it needs when it runs

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from services.cli.reckoning import account_days, read_document, rules_now
from services.cli.terminal import escape, examples, out, run

if TYPE_CHECKING:
    from services.api.schemas.whatif import BandCounts, Trial, TriedDays, TryModel

EXAMPLES = examples(
    ("steward models try models/hm-2.yaml", "who would change band, both ways"),
    ("steward models try models/hm-2.yaml --since 2026-07-01", "and what it would have done since"),
    ("steward models try models/hm-2.yaml --since 2026-07-01 --accounts 500", "the same of a sample, faster"),
)
_LISTED = 20


def try_(  # noqa: PLR0917
    file: Annotated[Path, typer.Argument(help="the draft, a model file", exists=True, dir_okay=False)],
    since: Annotated[
        dt.datetime | None, typer.Option(formats=["%Y-%m-%d"], help="also over the closes from this UTC day on")
    ] = None,
    accounts: Annotated[int | None, typer.Option(min=1, help="a sample of so many accounts")] = None,
    segment: Annotated[list[str] | None, typer.Option(help="where it would score; may be given several times")] = None,
    most: Annotated[int, typer.Option(min=0, help="how many accounts and runs are listed")] = _LISTED,
    as_json: Annotated[bool, typer.Option("--json", help="print one JSON object")] = False,
) -> None:
    """Try a draft: who would change band, and with --since the crossings that it would have made, the playbooks that
    would have started, and how much there would have been to do. Nothing is changed."""
    from services.api.schemas.whatif import TryModel

    asked = TryModel(
        model=read_document(file),
        since=since.date() if since else None,
        accounts=accounts,
        segments=segment or [],
        most=most,
    )
    found = run(_try(asked))
    if as_json:
        out.print(found.model_dump_json(), markup=False, highlight=False)
    else:
        _tell(found)


async def _try(asked: "TryModel") -> "Trial":
    from services.api.roles import Caller, Role
    from services.api.trying import Trying, try_model
    from services.cli.wiring import open_database
    from services.playbooks.house import House
    from services.playbooks.loading import load
    from shared.clock import SystemClock
    from shared.settings import Settings

    settings = Settings()
    house, caller = House(settings, load(settings.config_dir), {}), Caller("steward models try", Role.ADMIN)
    async with open_database(settings) as database:
        async with database.reading() as tx:
            rules = await rules_now(settings, tx)
        with account_days() as bar:
            return await try_model(Trying(database, rules, house, caller, SystemClock().now(), bar), asked)


def _tell(found: "Trial") -> None:
    moved = ", ".join(f"{count:,} {_WAYS[way]}" for way, count in found.moved.items()) or "nobody changes band"
    out.print(f"[bold]{found.model}[/] over {found.accounts:,} accounts of {', '.join(found.segments)}: {moved}")
    _tell_bands({"all": found.bands, **found.by_segment})
    for move in found.moves:
        before, after = (_standing(*one) for one in ((move.from_score, move.from_band), (move.to_score, move.to_band)))
        out.print(f"  {escape(move.name)} [dim]{move.account_id} {move.segment}[/]: {before} → {after}")
    if found.history is not None:
        _tell_days(found.history)
    for note in found.notes:
        out.print(f"[dim]{escape(note)}[/]")


_WAYS = {"up": "rise", "down": "fall", "known": "get a score", "unknown": "lose their score"}


def _standing(score: int | None, band: str) -> str:
    return band if score is None else f"{score} {band}"


def _tell_bands(spreads: "dict[str, BandCounts]") -> None:
    from rich.table import Table

    bands = list(dict.fromkeys(band for one in spreads.values() for band in (*one.before, *one.after)))
    table = Table(box=None, header_style="bold")
    for title in ("accounts in", *bands):
        table.add_column(title, justify="left" if title == "accounts in" else "right")
    for name, one in spreads.items():
        table.add_row(name, *(f"{one.before.get(band, 0):,} → {one.after.get(band, 0):,}" for band in bands))
    out.print(table)


def _tell_days(days: "TriedDays") -> None:
    between = ", ".join(f"{one.count:,} {one.from_band} → {one.to_band}" for one in days.between)
    out.print(f"[bold]{days.first_day} to {days.last_day}[/], {days.closes:,} closes: {days.crossings:,} crossings")
    if between:
        out.print(f"  {between}")
    for one in days.playbooks:
        told = f"{one.started:,} runs started, {one.joined:,} occasions joined one, {one.suppressed:,} were held back"
        out.print(f"  [bold]{one.playbook}[/]: {told}")
    for load in days.owners:
        out.print(f"  {escape(load.owner or 'nobody')}: {load.runs:,} runs, {load.tasks:,} tasks, "
                  f"at most {load.busiest_week:,} in a week")  # fmt: skip
    for run_ in days.firings:
        out.print(f"  {run_.at:%Y-%m-%d} {run_.playbook} {escape(run_.name)}: {escape(run_.words)}")
