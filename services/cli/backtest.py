"""`steward backtest`: whether a model's scores foretold who left."""

# ruff: noqa: PLC0415  # a command imports what it needs when it runs

import datetime as dt
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from services.cli.reckoning import FROM_RECORD, account_days, model_named, outcomes_of, rules_now
from services.cli.terminal import FAILED, complain, escape, examples, out, run
from shared.errors import Invalid

if TYPE_CHECKING:
    from services.health.backtest.handle import Asked
    from services.health.backtest.report import Judged, Report

EXAMPLES = examples(
    ("steward backtest in-force", "the models in force, against revenue that ended in the record"),
    ("steward backtest hm-2 --outcomes churn.csv --horizon 90d --report report.html", "with plots"),
    ("steward backtest models/draft.yaml --fail-under 0.7", "for a build: exit code 1 below that AUC"),
    ("steward backtest in-force --control 1", "outcomes dealt out anew: about 0.5, or something leaks"),
)


def backtest(  # noqa: PLR0917
    model: Annotated[str, typer.Argument(help="`in-force`, a name, a name@version, or a model file")],
    outcomes: Annotated[
        str, typer.Option(help=f"`{FROM_RECORD}`, or a file with account and churned_at")
    ] = FROM_RECORD,
    horizon: Annotated[str, typer.Option(help="days within which an account leaves, or stays")] = "60d",
    since: Annotated[dt.datetime | None, typer.Option(formats=["%Y-%m-%d"], help="first UTC day")] = None,
    every: Annotated[str, typer.Option(help="days between two cuts")] = "30d",
    at_risk_below: Annotated[int, typer.Option(min=1, max=100, help="scores below it warn, for the lead time")] = 60,
    report: Annotated[Path | None, typer.Option(help="write the report, one HTML file")] = None,
    fail_under: Annotated[float | None, typer.Option(min=0, max=1, help="exit code 1 if the AUC is below")] = None,
    control: Annotated[int | None, typer.Option(help="deal outcomes out anew by this seed: a negative control")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="print one JSON object")] = False,
) -> None:
    """Judge a model by who left: its scores at past cuts, made of what was known then, against what came within the
    horizon. Reads the database alone; nothing is changed."""
    from services.health.backtest.handle import Asked

    asked = Asked(_days(horizon), since.date() if since else None, _days(every), at_risk_below, control)
    found = run(_backtest(model, outcomes, asked))
    if report is not None:
        from services.health.backtest.page import page

        report.write_text(page(found), encoding="utf-8")
    if as_json:
        out.print(json.dumps(found.plain()), markup=False, highlight=False)
    else:
        _tell(found)
    _gate(found, fail_under)


def _gate(found: "Report", fail_under: float | None) -> None:
    assert found.whole.auc is not None
    if fail_under is not None and found.whole.auc.value < fail_under:
        complain(
            f"the AUC of {found.model} is {found.whole.auc.value:.3f}, below {fail_under}",
            "look at the segments and the lead time above; a wide interval means that too few have left to tell",
        )
        raise typer.Exit(FAILED)


def _days(text: str) -> int:
    found = re.fullmatch(r"(\d{1,4})d?", text)
    if not found or int(found[1]) < 1:
        raise Invalid(f"{text} is no number of days", "write 60d")
    return int(found[1])


# --- what is read -------------------------------------------------------------------------------------


async def _backtest(name: str, where: str, asked: "Asked") -> "Report":
    from services.cli.wiring import open_database
    from services.health.backtest import handle
    from shared.clock import SystemClock, to_us
    from shared.settings import Settings

    settings, now = Settings(), to_us(SystemClock().now())
    async with open_database(settings) as database:
        async with database.reading() as tx:
            rules = await rules_now(settings, tx)
        judging = handle.judges(rules, None if name == handle.IN_FORCE else model_named(rules, name))
        came = await outcomes_of(database, where, now)
        with account_days() as bar:
            return await handle.backtest(database, rules, judging, came, asked, now, bar)


# --- what is told -------------------------------------------------------------------------------------


def _tell(found: "Report") -> None:
    from rich.table import Table

    from services.health.backtest.page import figure

    whole, cuts = found.whole, ", ".join(day.isoformat() for day in found.cuts)
    out.print(f"[bold]{found.model}[/]: AUC [bold]{figure(whole.auc, 3)}[/] over {found.horizon_days} days")
    out.print(f"{whole.pairs:,} scores of {whole.accounts:,} accounts at {cuts}; {whole.leavers:,} accounts left")
    table = Table(box=None, header_style="bold")
    for title in ("segment", "accounts", "left", "AUC", "of the lowest tenth left", "lift"):
        table.add_column(title, justify="left" if title == "segment" else "right")
    for name, one in {"all": whole, **found.segments}.items():
        table.add_row(name, f"{one.accounts:,}", f"{one.leavers:,}", figure(one.auc), *_top(one))
    out.print(table)
    table = Table(box=None, header_style="bold")
    for title in ("score", "promised to renew (FC-1)", "scores", "stayed"):
        table.add_column(title, justify="left" if title == "score" else "right")
    for promise in whole.renewals:
        table.add_row(promise.words, f"{promise.promised:.0%}", f"{promise.pairs:,}", figure(promise.stayed, 3))
    out.print(table)
    _tell_lead(found)
    for note in found.notes:
        out.print(f"[dim]{escape(note)}[/]")


def _top(one: "Judged") -> tuple[str, str]:
    return ("–", "–") if one.top is None else (f"{one.top.precision:.1%}", f"{one.top.lift:.1f}")


def _tell_lead(found: "Report") -> None:
    lead = found.lead
    out.print(f"{lead.warned} of {lead.left} that left had a score below {found.at_risk_below} before")
    for words, days in (
        ("from their first such day", lead.first_days),
        ("of the stretch that lasted to the end", lead.stretch_days),
    ):
        if days is not None:
            out.print(f"  days {words}: median {days[1]:.0f}, half of them {days[0]:.0f} to {days[2]:.0f}")
