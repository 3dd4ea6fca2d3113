"""`steward events show ID`: the event that an explanation names, wherever it lies."""

# ruff: noqa: PLC0415  # a command imports what it needs when it runs

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from services.cli.terminal import escape, examples, group, out, run

if TYPE_CHECKING:
    from services.ingest.finding import Found

app = group(
    "events",
    "Accepted events.",
    ("steward events show 5f0c3a…", "an id that `steward why` names"),
)
_WHERE = {"accepted": "accepted", "waiting": "waits for its account", "archive": "in the archive"}


@app.command(
    epilog=examples(
        ("steward events show 5f0c3a9e61d94c0e8f2b7a1d3c4e5f60", "an id that an explanation names"),
        ("steward events show crm-77812 --source crm", "by what its source calls it"),
        (
            "steward events show 5f0c3a… --account ACME-42",
            "a login or a use of the product, without looking everywhere",
        ),
    )
)
def show(
    *,
    event: Annotated[str, typer.Argument(metavar="ID", help="32 hexadecimal digits, or the source's own id")],
    source: Annotated[str | None, typer.Option(help="the source whose own id this is")] = None,
    account: Annotated[str | None, typer.Option(help="whose it is: an id or a name")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="print it as JSON")] = False,
) -> None:
    """Show one event: who told it, when, of which account, what; from the database or the archive."""
    found = run(_show(event, source, account))
    if as_json:
        out.print(json.dumps(_told(found), ensure_ascii=False), markup=False, highlight=False)
    else:
        _print(found)


async def _show(text: str, source: str | None, account: str | None) -> "Found":
    from services.cli.meant import one_account
    from services.cli.wiring import open_database
    from services.ingest.archive_files import opened
    from services.ingest.finding import find, id_of
    from shared.settings import Settings

    settings, id_ = Settings(), id_of(text, source)
    archive = opened(settings) if settings.archive_url is not None else None
    async with open_database(settings) as database:
        whose = None
        if account is not None:
            async with database.reading() as tx:
                whose = await one_account(tx, account)
        return await find(database, archive, id_, whose)


def _told(found: "Found") -> dict[str, Any]:
    from shared.clock import from_us, is_skewed

    event = found.event
    return {
        "id": event.id.hex(),
        "place": found.place,
        "path": found.path or None,
        "source": event.source,
        "type": event.type,
        "account_id": event.account_id or None,
        "account_key": [event.account_source, event.account_key],
        "occurred_at": from_us(event.occurred_at).isoformat(),
        "received_at": from_us(event.received_at).isoformat(),
        "skewed": is_skewed(event.occurred_at, event.received_at),
        "sequence": event.sequence,
        "version": event.version or None,
        "data": json.loads(event.payload),
    }


def _print(found: "Found") -> None:
    told = _told(found)
    out.print(
        f"[bold]{escape(told['type'])}[/] [dim]{told['id']}[/] {_WHERE[found.place]} {escape(found.path)}".rstrip()
    )
    whose = ":".join(told["account_key"]) + (f", account {found.event.account_id}" if found.event.account_id else "")
    out.print(f"from {escape(told['source'])}, of {escape(whose)}", highlight=False)
    out.print(f"occurred {told['occurred_at']}, received {told['received_at']}", highlight=False)
    out.print(json.dumps(told["data"], indent=2, ensure_ascii=False), markup=False, highlight=False)
