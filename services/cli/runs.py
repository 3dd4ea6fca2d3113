"""`steward runs`: why an account is, or is not, in a playbook, and how many accounts a condition meets."""

# ruff: noqa: PLC0415  # a command imports what it needs when it runs

from typing import TYPE_CHECKING, Annotated

import typer

from services.cli.terminal import escape, examples, group, out, run
from shared.errors import NotFound

if TYPE_CHECKING:
    from services.playbooks.definitions import Playbook
    from shared.conditions import Finding
    from shared.database import Row
    from shared.settings import Settings

app = group(
    "runs",
    "Runs of playbooks: why there is one, or none.",
    ("steward runs why 'Smith-Myers'", "every playbook's triggers, with the values that they meet now"),
    ("steward runs matching 'score < 40'", "how many accounts a condition meets now"),
)


@app.command(
    epilog=examples(
        ("steward runs why 'Smith-Myers'", "every playbook in force"), ("steward runs why 4117 at-risk", "one of them")
    )
)
def why(
    account: Annotated[str, typer.Argument(help="its id, a source's id of it, or its name")],
    playbook: Annotated[str | None, typer.Argument(help="the playbook's id; all in force if unset")] = None,
) -> None:
    """Why an account is, or is not, in a playbook: what was decided of it, and its triggers with what they meet now."""
    run(_why(account, playbook))


@app.command(
    epilog=examples(
        ("steward runs matching 'score < 40'", "whom a trigger would find"),
        (
            "steward runs matching 'days_to_renewal <= 90 and segment == \"high_touch\"'",
            "fields as in playbooks' files",
        ),
    )
)
def matching(condition: Annotated[str, typer.Argument(help="as playbooks write it")]) -> None:
    """How many accounts a condition meets now, while you write a playbook."""
    count = run(_matching(condition))
    out.print(f"{count} account{'' if count == 1 else 's'} now.")


async def _why(text: str, playbook: str | None) -> None:
    from services.cli.meant import one_account
    from services.cli.wiring import open_database
    from services.playbooks.explain import explain_enrolment
    from services.playbooks.store.runs import decisions_about
    from shared.clock import SystemClock
    from shared.settings import Settings

    settings = Settings()
    wanted = _wanted(settings, playbook)
    async with open_database(settings) as database, database.reading() as tx:
        account = await one_account(tx, text)
        for one in wanted:
            decided = await decisions_about(tx, account, one.id, 3)
            _tell(one, decided, await explain_enrolment(tx, account, one, SystemClock().now()))


def _wanted(settings: "Settings", name: str | None) -> "list[Playbook]":
    from services.playbooks.loading import load

    known = load(settings.config_dir)
    found = [one for one in known if one.in_force and name is None] or [one for one in known if one.id == name]
    if not found:
        raise NotFound(f"there is no playbook {name!r}", f"there are {', '.join(one.id for one in known)}")
    return found


def _tell(playbook: "Playbook", decided: "list[Row]", findings: "list[Finding]") -> None:
    out.print(f"[bold]{escape(playbook.name)}[/] [dim]{playbook.id}{'' if playbook.in_force else ', not in force'}[/]")
    for row in decided:
        out.print(f"  {row['at']:%Y-%m-%d %H:%M}  [bold]{row['verdict']}[/]: {escape(row['words'])}")
    if not decided:
        out.print("  Nothing that happened to the account was ever put to it.")
    for one in findings:
        met = "" if one.value is None else f" [dim]it is {escape(str(one.value))}[/]"
        out.print(f"  {'[green]✓[/]' if one.verdict else '[red]✗[/]'} {escape(one.predicate)}{met}", highlight=False)


async def _matching(text: str) -> int:
    from services.cli.wiring import open_database
    from services.playbooks.store.accounts import count_matching
    from shared.clock import SystemClock
    from shared.conditions import parse
    from shared.settings import Settings

    condition = parse(text)
    async with open_database(Settings()) as database, database.reading() as tx:
        return await count_matching(tx, condition, SystemClock().now())
