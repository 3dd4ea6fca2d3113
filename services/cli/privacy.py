"""`steward privacy`: what is known of a person, and to forget them."""

# ruff: noqa: PLC0415  # a command imports what it needs when it runs

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from services.cli.terminal import escape, examples, group, out, run
from shared.errors import Refused

if TYPE_CHECKING:
    import datetime as dt

    from shared.database import Database
    from shared.settings import Settings

app = group(
    "privacy",
    "What is known of a person, and to forget them.",
    ("steward privacy export mia@acme.example --output mia.json", "all that names her"),
    ("steward privacy erase mia@acme.example", "shows what would go"),
    ("steward privacy erase mia@acme.example --yes", "and lets it go"),
)
PersonArgument = Annotated[str, typer.Argument(metavar="PERSON", help="an e-mail address, or an id of the person")]
At = Annotated[str | None, typer.Option("--account", help="only the person of this id at this account")]


@app.command(
    epilog=examples(
        ("steward privacy export mia@acme.example --output mia.json", "as one JSON document"),
    )
)
def export(
    person: PersonArgument,
    account: At = None,
    output: Annotated[Path | None, typer.Option(help="a file, instead of standard output")] = None,
) -> None:
    """Everything that names a person: record, events, activity, what waits and what was rejected."""
    text = json.dumps(run(_export(person, account)), indent=2, ensure_ascii=False, default=str)
    if output is None:
        out.print(text, markup=False, highlight=False, soft_wrap=True)
    else:
        output.write_text(text + "\n", encoding="utf-8")
        out.print(f"Written to {escape(str(output))}.")


async def _export(person: str, account: str | None) -> dict[str, Any]:
    from services.cli.meant import one_account
    from services.cli.wiring import open_database
    from services.ingest import privacy
    from shared.settings import Settings

    async with open_database(Settings()) as database, database.reading() as tx:
        return await privacy.export(tx, person, None if account is None else await one_account(tx, account))


@app.command(
    epilog=examples(
        ("steward privacy erase mia@acme.example", "shows whom that means, and what would go"),
        ("steward privacy erase mia --account 'Acme GmbH' --yes", "an id that is only unique within the account"),
    )
)
def erase(
    person: PersonArgument,
    account: At = None,
    yes: Annotated[bool, typer.Option("--yes", help="do it; without, only shown")] = False,
) -> None:
    """Forget a person: names, addresses and their own words go; what they did still counts, under a pseudonym.

    Events of theirs that come later, a rebuild and the archive do not bring them back. It cannot be undone."""
    if not yes:
        _tell(run(_export(person, account)))
        raise Refused("nothing was erased yet", "add --yes; it cannot be undone")
    accounts, files = run(_erase(person, account))
    out.print(f"Forgotten at {accounts} accounts{f'; {files} files of the archive written anew' if files else ''}.")


def _tell(found: dict[str, Any]) -> None:
    who = found["person"]
    out.print(f"Ids: {escape(', '.join(who['ids']) or '–')}; addresses: {escape(', '.join(who['emails']) or '–')}")
    counted = sum(row["count"] for row in found["activity"])
    out.print(
        f"At {len(who['accounts'])} accounts: {len(found['events'])} events, {counted} uses and sign-ins, "
        f"{len(found['waiting'])} waiting events, {len(found['rejected'])} rejected records."
    )
    perhaps = sum(row["perhaps_a_namesake"] for row in found["rejected"])
    if perhaps:
        out.print(
            f"Of the rejected records {perhaps} hold no more than an id of theirs, which may be a namesake's: that "
            "cannot be told apart, so they go too. `steward privacy export` names them."
        )


async def _erase(person: str, account: str | None) -> tuple[int, int]:
    from services.api.store import audit
    from services.cli.meant import one_account
    from services.cli.wiring import open_database
    from services.ingest import privacy
    from services.ingest.handle import Ingest
    from shared.clock import SystemClock
    from shared.errors import NotFound
    from shared.settings import Settings

    settings, now = Settings(), SystemClock().now()
    async with open_database(settings) as database:
        accounts, missed = 0, None
        try:
            async with database.writing() as tx:
                place = None if account is None else await one_account(tx, account)
                accounts = await privacy.erase(tx, Ingest(settings), person, place, now=now)
                await audit(tx, "command line", "person.erased", f"{accounts} accounts", now=now)
        except NotFound as error:  # a CRM may have asked before, and the archive may still name them
            missed = error
        files = await _clean_archive(database, settings, now)
        if missed is not None and not files:
            raise missed
        return accounts, files


async def _clean_archive(database: "Database", settings: "Settings", now: "dt.datetime") -> int:
    """How many files were written anew."""
    if settings.archive_url is None:
        return 0
    from services.ingest import archive_erasing, archive_files

    return await archive_erasing.clean(database, archive_files.opened(settings), now)
