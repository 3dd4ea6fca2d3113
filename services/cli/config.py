"""`steward config`: the files that say how health is judged: right? what would change? in force, and back."""

# ruff: noqa: PLC0415  # a command imports what it needs when it runs

import getpass
import json
from collections import Counter
from typing import TYPE_CHECKING, Annotated, Any

import typer

from services.cli.progress import following
from services.cli.terminal import complain, err, escape, examples, group, out, run

if TYPE_CHECKING:
    from services.health.apply import Outlook
    from services.health.configuration import Configuration, Difference
    from shared.settings import Settings

app = group(
    "config",
    "Models, segments, policy and playbooks as files in STEWARD_CONFIG_DIR, over those that Steward ships.",
    ("steward config lint", "is every file right, alone and with the others?"),
    ("steward config plan", "what would change, and for whom"),
    ("steward config apply -m 'payments count more'", "put the files in force, all scores at once"),
    ("steward config rollback", "what was in force before"),
)

MOST_NAMED = 12
"""Accounts that a plan names."""

Yes = Annotated[bool, typer.Option("--yes", "-y", help="do not ask")]
Words = Annotated[str, typer.Option("--message", "-m", help="why, for whoever reads it later")]


@app.command(epilog=examples(("steward config lint", "exit code 1 if anything is wrong, for a build")))
def lint() -> None:
    """Check every file, alone and with the others. Needs no database."""
    from services.cli.linting import lint_files
    from shared.settings import Settings

    wrong, remarks = lint_files(Settings().config_dir)
    for words in wrong:
        complain(words)
    for words in remarks:
        out.print(f"[yellow]![/] {escape(words)}")
    if wrong:
        raise typer.Exit(1)
    out.print("The files are right.")


@app.command(epilog=examples(("steward config plan", "nothing is written"), ("steward config plan --json", "")))
def plan(*, as_json: Annotated[bool, typer.Option("--json", help="as JSON")] = False) -> None:
    """Say what the files would change, place by place, and which accounts would change their band. Writes nothing."""
    differences, outlook, names = run(_plan())
    if as_json:
        out.print(_as_json(differences, outlook), markup=False)
        return
    _tell(differences, outlook, names)


@app.command(
    epilog=examples(
        ("steward config apply -m 'payments count more'", ""),
        ("steward config apply --yes", "in a script"),
        ("steward config apply --fire", "and runs may start for accounts that another band takes in"),
    )
)
def apply(
    *,
    message: Words = "",
    yes: Yes = False,
    fire: Annotated[bool, typer.Option("--fire", help="accounts that get another band by it may start runs")] = False,
) -> None:
    """Put the files in force: after a plan, and all scores change in one moment. Runs are not started by it, unless it
    is asked to."""
    run(_apply(None, message, yes=yes, fire=fire))


@app.command(
    epilog=examples(("steward config rollback", "what was in force before"), ("steward config rollback 3", ""))
)
def rollback(
    revision: Annotated[
        int | None, typer.Argument(help="the revision; the one before the present when left out")
    ] = None,
    *,
    message: Words = "",
    yes: Yes = False,
) -> None:
    """Put a former revision in force again, as a new one."""
    run(_apply(revision or 0, message, yes=yes, fire=False))


@app.command("log", epilog=examples(("steward config log", "who put what in force, and why")))
def revisions() -> None:
    """List what was in force, the present first."""
    from rich.table import Table

    table = Table(box=None)
    for title in ("revision", "applied at", "by", "words"):
        table.add_column(title)
    for one in run(_revisions()):
        table.add_row(str(one.id), f"{one.applied_at:%Y-%m-%d %H:%M:%S}", escape(one.applied_by), escape(one.words))
    out.print(table)


async def _revisions() -> Any:
    from services.cli.wiring import open_database
    from services.health.store import config
    from shared.settings import Settings

    async with open_database(Settings()) as database, database.reading() as reading:
        return await config.revisions(reading)


# --- plan and apply -----------------------------------------------------------------------------------


async def _plan() -> Any:
    from services.cli.wiring import open_database
    from services.health.gathering import gathered
    from shared.settings import Settings

    settings = Settings()
    async with open_database(settings) as database:
        return await _outlook(database, settings, gathered(settings.config_dir))


async def _outlook(database: Any, settings: "Settings", whole: "Configuration") -> Any:
    """(differences, outlook, names of the accounts that it names). Raises Invalid."""
    from services.cli.store import account_names
    from services.health.apply import look_ahead
    from services.health.configuration import differences, unversioned
    from services.health.force import ever_in_force, present, quiet_by
    from shared.clock import SystemClock
    from shared.errors import Invalid

    async with database.reading() as reading:
        before = await present(reading)
        known = {model.key: model for model in await ever_in_force(reading)}
    wrong = unversioned(whole, known)
    if wrong:
        raise Invalid("; ".join(wrong), "scores name the version that made them, so a version never changes")
    with following(keeps=False) as follow:
        outlook = await look_ahead(database, whole, SystemClock(), follow("accounts", None), quiet_by(settings))
    async with database.reading() as reading:
        names = await account_names(reading, [move.account for move in _worst(outlook)])
    return differences(before, whole), outlook, names


async def _apply(number: int | None, message: str, *, yes: bool, fire: bool) -> None:
    from services.cli.wiring import open_database
    from services.health.apply import apply as put_in_force
    from services.health.force import former
    from services.health.gathering import gathered
    from shared.clock import SystemClock
    from shared.settings import Settings

    settings = Settings()
    async with open_database(settings) as database:
        whole, words = gathered(settings.config_dir), message
        if number is not None:
            async with database.reading() as reading:
                number, whole = await former(reading, number or None)
            words = message or f"back to revision {number}"
        await _catch_up(database, settings)
        told, outlook, names = await _outlook(database, settings, whole)
        _tell(told, outlook, names)
        if not told:
            return
        if not yes and not typer.confirm("Put it in force?"):
            raise typer.Exit(1)
        done = await put_in_force(
            database, whole, outlook, SystemClock(), by=getpass.getuser(), words=words or "steward config apply"
        )
        set_off = await _fire(database, settings, whole, outlook) if fire else ""
    moved = f"{done.moved:,} of {done.accounts:,} accounts have another score"
    out.print(f"Revision {done.revision} is in force: {moved}{set_off}.")


async def _catch_up(database: Any, settings: "Settings") -> None:
    """Closes the days that passed while health was away, by what was in force then."""
    from services.api.queries.standing import days_to_close
    from services.health.force import by_settings
    from services.health.sweep import catch_up
    from shared.clock import SystemClock, day_of, to_us

    clock = SystemClock()
    async with database.reading() as reading:
        days = await days_to_close(reading, day_of(to_us(clock.now())))
    if days > 1:
        err.print(f"{days} days passed while health was away: they are closed first, one after another.")
    await catch_up(database, by_settings(settings), clock)


async def _fire(database: Any, settings: "Settings", whole: "Configuration", outlook: "Outlook") -> str:
    """Tells what the configuration makes of the accounts that get another band; how much that was, in words."""
    from services.health.fire import fire
    from services.health.force import InForce, quiet_by
    from shared.clock import SystemClock

    accounts = sorted(move.account for move in outlook.moves if move.band[0] != move.band[1])
    told = await fire(database, InForce(whole, quiet_by(settings)), accounts, SystemClock().now())
    return f", {told.crossings:,} crossings and {told.signals:,} signals were told"


# --- what is said -------------------------------------------------------------------------------------


def _tell(differences: "list[Difference]", outlook: "Outlook", names: dict[int, str]) -> None:
    if not differences:
        out.print("The files say what is in force already.")
        return
    for one in differences:
        for change in _changes(one):
            out.print(f"[bold]{escape('/'.join(one.key))}[/] {escape(change)}")
    bands = outlook.bands
    out.print(
        f"{len(outlook.moves):,} of {outlook.accounts:,} accounts get another score, {bands.total():,} another band."
    )
    for (before, after), accounts in sorted(bands.items(), key=lambda pair: -pair[1]):
        out.print(f"  {escape(before)} → {escape(after)}: {accounts:,}")
    for move in _worst(outlook):
        score = " → ".join("unknown" if one is None else str(one) for one in move.score)
        out.print(f"  {escape(names.get(move.account, str(move.account)))}: {score}, {escape(' → '.join(move.band))}")


def _changes(one: "Difference") -> list[str]:
    from services.cli.differing import lines

    if not one.place:
        return ["is new" if one.before is None else "is gone"]
    return [f"{place}: {words}" for place, words in lines(one.place, one.before, one.after)]


def _worst(outlook: "Outlook") -> Any:
    """The accounts whose band changes, those that fall furthest first."""
    changed = [move for move in outlook.moves if move.band[0] != move.band[1]]
    return sorted(changed, key=lambda move: (move.score[1] or 0) - (move.score[0] or 0))[:MOST_NAMED]


def _as_json(differences: "list[Difference]", outlook: "Outlook") -> str:
    bands: Counter[tuple[str, str]] = outlook.bands
    return json.dumps(
        {
            "differences": [
                {
                    "kind": one.key.kind,
                    "name": one.key.name,
                    "place": one.place,
                    "before": one.before,
                    "after": one.after,
                }
                for one in differences
            ],
            "accounts": outlook.accounts,
            "other_score": len(outlook.moves),
            "bands": [{"before": b, "after": a, "accounts": n} for (b, a), n in sorted(bands.items())],
        },
        indent=2,
        ensure_ascii=False,
    )
