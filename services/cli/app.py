"""The command `steward`: every command in the order in which one meets them."""

import typer

from services.cli import (
    accounts,
    archive,
    backfill,
    backtest,
    bench,
    config,
    doctor,
    events,
    importing,
    keys,
    models,
    offsets,
    overrides,
    owners,
    predict,
    privacy,
    rebuild,
    rejected,
    runs,
    sample,
    segments,
    serving,
    setup,
    sign_in,
    signals,
    trying,
    unmatched,
    why,
)
from services.cli.terminal import Polite, examples

app = typer.Typer(
    name="steward",
    cls=Polite,
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    help="The open, self-hosted customer-success engine. Settings are STEWARD_… variables; without any, everything "
    "runs embedded in one process.",
    epilog=examples(
        ("steward demo", "a living sample company on this machine"),
        ("steward up", "your own, embedded"),
        ("steward why ACME-42", "why an account's score is what it is"),
        ("steward doctor", "what is missing, and what to do about it"),
    ),
)

_TRY, _RUN, _FEED, _ASK, _CONFIGURE, _OPERATE = (
    "Try it", "Run it", "Feed it", "Ask it", "Configure it", "Operate it",
)  # fmt: skip

app.command(rich_help_panel=_TRY, epilog=serving.DEMO_EXAMPLES)(serving.demo)
app.command(rich_help_panel=_TRY, epilog=sample.EXAMPLES)(sample.sample)
app.command(rich_help_panel=_RUN, epilog=serving.UP_EXAMPLES)(serving.up)
app.command(rich_help_panel=_RUN, epilog=serving.INGEST_EXAMPLES)(serving.ingest)
app.command(rich_help_panel=_RUN, epilog=serving.HEALTH_EXAMPLES)(serving.health)
app.command(rich_help_panel=_RUN, epilog=serving.PLAYBOOKS_EXAMPLES)(serving.playbooks)
app.command(rich_help_panel=_RUN, epilog=serving.API_EXAMPLES)(serving.api)
app.command(rich_help_panel=_RUN, epilog=setup.MIGRATE_EXAMPLES)(setup.migrate)
app.add_typer(setup.topics, rich_help_panel=_RUN)
app.command("import", rich_help_panel=_FEED, epilog=importing.EXAMPLES)(importing.import_)
app.add_typer(rejected.app, rich_help_panel=_FEED)
app.add_typer(unmatched.app, rich_help_panel=_FEED)
app.add_typer(accounts.app, rich_help_panel=_FEED)
app.command(rich_help_panel=_CONFIGURE, epilog=backfill.EXAMPLES)(backfill.backfill)
app.command(rich_help_panel=_ASK, epilog=why.EXAMPLES)(why.why)
app.add_typer(events.app, rich_help_panel=_ASK)
app.add_typer(segments.app, rich_help_panel=_ASK)
app.add_typer(owners.app, rich_help_panel=_ASK)
app.add_typer(overrides.app, rich_help_panel=_ASK)
app.add_typer(signals.app, rich_help_panel=_ASK)
app.add_typer(runs.app, rich_help_panel=_ASK)
app.command(rich_help_panel=_OPERATE, epilog=doctor.EXAMPLES)(doctor.doctor)
app.add_typer(config.app, rich_help_panel=_CONFIGURE)
models.app.command("try", epilog=trying.EXAMPLES)(trying.try_)
app.add_typer(models.app, rich_help_panel=_CONFIGURE)
app.command(rich_help_panel=_ASK, epilog=backtest.EXAMPLES)(backtest.backtest)
app.add_typer(predict.app, rich_help_panel=_ASK)
app.add_typer(archive.app, rich_help_panel=_OPERATE)
app.command(rich_help_panel=_OPERATE, epilog=rebuild.EXAMPLES)(rebuild.rebuild)
app.command("sign-in", rich_help_panel=_OPERATE, epilog=sign_in.EXAMPLES)(sign_in.sign_in)
app.add_typer(keys.app, rich_help_panel=_OPERATE)
app.add_typer(privacy.app, rich_help_panel=_OPERATE)
app.add_typer(offsets.app, rich_help_panel=_OPERATE)
app.add_typer(bench.app, rich_help_panel=_OPERATE)
