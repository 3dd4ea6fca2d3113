"""`steward why ACCOUNT`: the score, the sum behind it, and what moved it last, down to the events."""

# ruff: noqa: PLC0415  # a command imports what it needs when it runs

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from services.cli.terminal import escape, examples, out, run
from shared.errors import NotFound

if TYPE_CHECKING:
    from services.api.schemas import (
        AccountDetail,
        Change,
        ChangePart,
        ChurnChance,
        HistoryRow,
        Measured,
        Override,
        ScoreExplained,
    )
    from services.api.schemas.why import TimeLost
    from services.health.model import Model
    from shared.database import Reading
    from shared.settings import Settings

EXAMPLES = examples(
    ("steward why 4117", "by the id that a source calls it, or by Steward's"),
    ("steward why 'Smith-Myers'", "by its name, or a part of it"),
    ("steward why 'Smith-Myers' --at 2026-06-30", "what was in effect at the end of that day, and what had moved it"),
)
_SHOWN = 0.005
"""Points below it are left out of a line."""
_COLORS = {"green": "green", "yellow": "yellow", "orange": "dark_orange", "red": "red"}
"""A band's colour as its model has it → as the terminal calls it."""


def why(
    account: Annotated[str, typer.Argument(help="its id, a source's id of it, or its name")],
    at: Annotated[str | None, typer.Option(help="a day, meaning its end, or an instant; UTC")] = None,
    most: Annotated[int, typer.Option("--changes", min=0, max=100, help="how many of the last changes")] = 5,
) -> None:
    """Why an account's score is what it is: every measure's part, the last changes and the events behind them."""
    run(_why(account, at, most))


def _must_be_there(settings: "Settings") -> None:
    """Raises NotFound where there is no database to ask, rather than making an empty one."""
    if settings.database_url is not None or (settings.data_dir / "postgres").exists():
        return
    demos = sorted(settings.data_dir.glob("demo-*/postgres"), key=lambda found: found.stat().st_mtime)
    remedy = "`steward up` makes one, or set STEWARD_DATABASE_URL or STEWARD_DATA_DIR"
    if demos:
        remedy = f"the sample company's is beside it: STEWARD_DATA_DIR={demos[-1].parent} steward why …"
    raise NotFound(f"there is no database in {settings.data_dir}", remedy)


async def _why(text: str, at: str | None, most: int) -> None:
    from services.cli.importing import exported_at
    from services.cli.meant import one_account
    from services.cli.wiring import open_database
    from shared.settings import Settings

    settings = Settings()
    _must_be_there(settings)
    async with open_database(settings) as database, database.reading() as tx:
        account = await one_account(tx, text)
        if at is None:
            await _tell_present(tx, settings, account, most)
        else:
            await _tell_past(tx, settings, account, exported_at(at), most)


# --- now ----------------------------------------------------------------------------------------------


async def _tell_present(tx: "Reading", settings: "Settings", account: int, most: int) -> None:
    from services.api.queries.accounts import account_detail
    from services.api.queries.why import why as told
    from services.api.roles import Caller, Role
    from services.health.force import InForce
    from services.health.gathering import gathered
    from shared.clock import SystemClock

    now = SystemClock().now()
    rules = await InForce(gathered(settings.config_dir)).read(tx)
    detail = await account_detail(tx, Caller("steward why", Role.ADMIN), account, rules.models, now)
    if detail.deleted_at is not None:
        out.print(f"[bold]{escape(detail.name)}[/] [dim]{detail.id}[/]")
        out.print(
            f"Its source deleted it on {detail.deleted_at:%Y-%m-%d}: it has no score any more. --at tells what was."
        )
        return
    _tell_head(detail, rules.models)
    days = await _tell_days(tx, now)
    if detail.explanation is None:
        when = "once they are closed." if days else "within a second of its first event; is it running?"
        out.print(f"Not assessed yet: health assesses an account {when}")
        return
    _tell_sum(detail.explanation, computed=detail.override is not None)
    for step in detail.explanation.improvements:
        out.print(f"[green]+{step.gain:.2f}[/] would come of {escape(step.label)} {escape(step.words)}")
    if detail.churn is not None:
        _tell_chance(detail.churn)
    found = await told(tx, account, now, rules, most)
    _tell_changes(found.changes, "The score has not changed since the first assessment.")
    _tell_time(found.by_time)
    for opened in detail.runs:
        if opened.state == "open":
            done = f"{opened.tasks_open} tasks open, {opened.tasks_closed} closed"
            out.print(f"[bold]Playbook {escape(opened.playbook)}[/] since {opened.started_at:%Y-%m-%d}: "
                      f"{escape(opened.words)}. {done}.")  # fmt: skip


async def _tell_days(tx: "Reading", now: dt.datetime) -> int:
    """Says how far health is with the days that are over, where some are not closed yet; how many."""
    from services.api.queries.standing import days_to_close
    from shared.clock import date_of, day_of, to_us

    today = day_of(to_us(now))
    days = await days_to_close(tx, today)
    if days:
        left = f"{days} {'is' if days == 1 else 'are'} left, the next is {date_of(today - days)}"
        out.print(f"[yellow]![/] Scores stand still until health has closed the days that are over: {left}.")
    return days


def _tell_head(detail: "AccountDetail", models: "Mapping[str, Model]") -> None:
    keys = ", ".join(f"{one.source}:{one.id}" for one in detail.external_ids)
    out.print(f"[bold]{escape(detail.name)}[/] [dim]{detail.id}  {escape(keys)}[/]")
    color = _color(models.get(detail.explanation.model) if detail.explanation else None, detail.band)
    out.print(_standing(detail.score, detail.band, color, detail.coverage or 0.0, detail.in_band_since))
    if detail.override is not None:
        _tell_override(detail.override, detail.explanation)
    facts = [
        f"segment {detail.segment}" if detail.segment else "",
        f"served as {detail.served_as}" if detail.served_as != detail.segment else "",
        f"stage {detail.stage} since {detail.stage_since:%Y-%m-%d}" if detail.stage and detail.stage_since else "",
        f"owner {detail.owner}" if detail.owner else "no owner",
        f"ARR {detail.arr:,.0f}" if detail.arr is not None else "",
        *(f"{one.points:+d} in {one.days} days" for one in detail.trends if one.points is not None),
        f"episode {detail.episode.band} since {detail.episode.opened_at:%Y-%m-%d}" if detail.episode else "",
    ]
    out.print(escape(" · ".join(filter(None, facts))))


def _tell_override(held: "Override", sum_: "ScoreExplained | None") -> None:
    computed = "unknown" if sum_ is None or sum_.score is None else f"{sum_.score}, {sum_.band.replace('_', ' ')}"
    out.print(f"[bold]Set to {held.value}[/] by {escape(held.author)} until {held.expires_at:%Y-%m-%d %H:%M} UTC: "
              f"{escape(held.reason)}. Computed it is {computed}.")  # fmt: skip


def _color(model: "Model | None", band: str) -> str:
    """The band's own colour; bands belong to a model (ERR-8)."""
    found = [_COLORS[one.color] for one in model.bands if one.name == band] if model else []
    return found[0] if found else "white"


def _standing(score: int | None, band: str, color: str, coverage: float, since: dt.datetime | None) -> str:
    told = f"[bold {color}]{score} of 100, {band.replace('_', ' ')}[/]" if score is not None else "[bold]unknown[/]"
    why = "" if score is not None else ": too little is known for a score"
    when = f" since {since:%Y-%m-%d %H:%M} UTC" if since else ""
    return f"{told}{why}{when}, on {coverage:.0%} of the model's weight"


def _tell_sum(sum_: "ScoreExplained", *, computed: bool) -> None:
    """The sum, measure by measure. `computed`: what counts is another score, which a person has set."""
    from rich.table import Table

    table = Table(title=f"Model {sum_.model}", title_justify="left", box=None, header_style="bold")
    for name in ("measure", "value", "", "points", "brings", "of"):
        table.add_column(name, justify="right" if name in ("points", "brings", "of") else "left")
    for group in sum_.groups:
        brought, of = f"[bold]{group.contribution:.2f}[/]", f"{group.weight:.1f}"
        table.add_row(f"[bold]{escape(group.label)}[/]", "", "", "", brought, of)
        for one in group.measures:
            table.add_row(*_row(one))
    for words, points in ((sum_.exception, sum_.exception_points), ("rounding", sum_.rounding_points)):
        if words and points:
            table.add_row(escape(words), "", "", "", f"{points:+.2f}", "")
    if sum_.score is not None:
        table.add_row(f"[bold]{'computed ' if computed else ''}score[/]", "", "", "", f"[bold]{sum_.score}[/]", "")
    out.print(table)


def _tell_chance(churn: "ChurnChance") -> None:
    why = "; ".join(f"{reason.label}: {reason.words}" for reason in churn.reasons) or "nothing raises it"
    out.print(f"[bold]Chance to leave[/] within {churn.horizon_days} days, as of {churn.as_of}: "
              f"[bold]{churn.probability:.1%}[/]. {escape(why)}")  # fmt: skip


def _row(one: "Measured") -> list[str]:
    points = "–" if one.points is None else f"{one.points:.0f}"
    stale = f"as of {one.as_of:%Y-%m-%d %H:%M} UTC, its source is silent" if one.as_of else ""
    told = [escape(one.label), escape(one.words), escape(", ".join(filter(None, (one.verdict, stale))))]
    return [f"  {told[0]}", *told[1:], points, f"{one.contribution:.2f}", f"{one.weight:.1f}"]


# --- what moved it ------------------------------------------------------------------------------------


def _tell_changes(changes: "Sequence[Change]", without: str) -> None:
    for change in changes:
        _tell_change(change)
    if not changes:
        out.print(without)


def _tell_change(change: "Change") -> None:
    moved = f" ({change.points:+.2f} points)" if change.points is not None else ""
    scores = f"{_or_unknown(change.from_score)} → {_or_unknown(change.to_score)}"
    out.print(f"[bold]{change.at:%Y-%m-%d %H:%M:%S}  {scores}[/]{moved} [dim]{escape(change.cause)}[/]")
    for part in sorted(change.parts, key=lambda part: (part.measure == "rounding", -abs(part.points))):
        _tell_part(part)


def _tell_part(part: "ChangePart") -> None:
    alone = " (time alone)" if part.by_time else ""
    out.print(f"  {part.points:+8.2f}  {escape(part.label)}: {escape(part.words)}{alone}")
    if part.events:
        more = part.event_count - len(part.events)
        tail = f" and {more} more" if more > 0 else ""
        out.print(f"            [dim]events {', '.join(part.events)}{tail}[/]")


def _tell_time(lost: "TimeLost") -> None:
    """What passing time alone has cost, day by day."""
    if not lost.lost:
        return
    out.print(f"[bold]Lost to passing time[/] within {lost.days} days: {lost.points:+.2f} points")
    for day in lost.lost:
        told = [part for part in day.parts if abs(part.points) >= _SHOWN]
        what = "; ".join(f"{part.label}: {part.words} ({part.points:+.2f})" for part in told[:3])
        more = f"; and {len(told) - 3} more" if len(told) > 3 else ""
        out.print(f"  {day.day}  {day.points:+8.2f}  {escape(what + more)}")


def _or_unknown(score: int | None) -> str:
    return "unknown" if score is None else str(score)


# --- then ---------------------------------------------------------------------------------------------


async def _tell_past(tx: "Reading", settings: "Settings", account: int, at: dt.datetime, most: int) -> None:
    from services.api.queries.why import why as told
    from services.health.force import InForce
    from services.health.gathering import gathered

    rules = await InForce(gathered(settings.config_dir)).read(tx)
    found = await told(tx, account, at, rules, most)
    name = await tx.value("SELECT name FROM accounts WHERE id = $1", account)
    out.print(f"[bold]{escape(name)}[/] [dim]{account}[/] at {at:%Y-%m-%d %H:%M:%S} UTC")
    then = found.in_effect
    if then is None:
        out.print("There is no score from then: its history begins later.")
        return
    since = then.effective_at if then.kind == "move" else None
    color = _color(rules.models.get(then.model), then.band)
    out.print(_standing(then.score, then.band, color, then.coverage, since))
    if then.override_id is not None:
        out.print(f"A person had set it; computed it was {_or_unknown(then.computed_score)}.")
    if found.explanation is not None:
        _tell_sum(found.explanation, computed=then.override_id is not None)
    else:
        _tell_measures(then, rules.models.get(then.model))
    _tell_changes(found.changes, "No move is known from before: of imported history the days are, and not each move.")
    _tell_time(found.by_time)


def _tell_measures(then: "HistoryRow", model: Any) -> None:
    """What the model read then, and what else was known, where the sum is not known any more."""
    from rich.table import Table

    from services.health.measures import MEASURES
    from services.health.words import said

    leaves = {leaf.measure: leaf for group in model.groups for leaf in group.leaves} if model else {}
    table = Table(title=f"Model {then.model}, measures as of then", title_justify="left", box=None, show_header=False)
    for name, value in then.measures.items():
        leaf, measure = leaves.get(name), MEASURES.get(name.partition(" ")[0])
        if leaf is None and value is None:
            continue
        told = said(measure.unit, value) if measure else f"{value:g}"
        table.add_row(escape(leaf.words if leaf else measure.label if measure else name), escape(told))
    out.print(table)
