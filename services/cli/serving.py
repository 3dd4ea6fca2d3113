"""`steward up`, `demo`, `ingest`, `health`, `playbooks`, `api`: processes that run until they are told to stop."""

# ruff: noqa: PLC0415  # a command imports what it needs when it runs

from functools import partial
from typing import Annotated

import typer

from services.cli.terminal import examples, out, run

DEMO_EXAMPLES = examples(
    ("steward demo", "200 accounts with 180 days of history, then live traffic; Ctrl-C stops it"),
    ("steward demo --accounts 50 --seed 7", "another, smaller company"),
    ("STEWARD_API_PORT=9000 steward demo", "on a port of your choice"),
)
UP_EXAMPLES = examples(
    ("steward up", "everything in one process, on an embedded PostgreSQL in .steward"),
    ("STEWARD_DATABASE_URL=postgresql://… steward up", "on a PostgreSQL of your own"),
)
_ALONE = "in a process of its own; add processes to go faster"
INGEST_EXAMPLES = examples(("steward ingest", _ALONE))
HEALTH_EXAMPLES = examples(("steward health", _ALONE))
PLAYBOOKS_EXAMPLES = examples(("steward playbooks", _ALONE))
API_EXAMPLES = examples(
    ("steward api", "the API and the console"), ("STEWARD_API_HOST=0.0.0.0 steward api", "reachable from outside")
)


def demo(
    accounts: Annotated[int, typer.Option(min=1, max=5_000, help="accounts of the sample company")] = 200,
    days: Annotated[int, typer.Option(min=1, max=400, help="days of history")] = 180,
    seed: Annotated[int, typer.Option(help="another seed, another company")] = 7,
) -> None:
    """A living sample company on this machine: database, broker, services and console in one process."""
    from services.cli.demo import demo as run_demo

    run(run_demo(accounts=accounts, days=days, seed=seed))


def up() -> None:
    """Everything in one process: all four services, embedded where the settings name nothing else."""
    from services.cli.wiring import SERVICES

    run(_serve(SERVICES, "up"))


def ingest() -> None:
    """What we know: events become facts. One service in one process, on Kafka."""
    run(_serve(("ingest",), "ingest"))


def health() -> None:
    """What it means: facts become scores. One service in one process, on Kafka."""
    run(_serve(("health",), "health"))


def playbooks() -> None:
    """What to do: crossings become tasks and alerts. One service in one process, on Kafka."""
    run(_serve(("playbooks",), "playbooks"))


def api() -> None:
    """What people see: the API and the console. One service in one process, on Kafka."""
    run(_serve(("api",), "api"))


async def _serve(names: tuple[str, ...], name: str) -> None:
    from services.cli.wiring import TOPICS, needs_kafka, open_alone, open_everything, parts
    from shared.logs import start_logging
    from shared.process import calm_the_collector, serve_ops, supervise
    from shared.settings import Settings

    settings = Settings()
    start_logging(settings.log_level)
    alone = len(names) == 1
    if alone:
        needs_kafka(settings, name)
    opened = open_everything if alone else open_alone
    async with opened(settings, application=f"steward-{name}") as installed:
        if not alone:
            await installed.broker.create_topics(TOPICS, settings.partitions)
        running = parts(names, installed, lambda port: _say_where(settings.api_host, port))
        if "api" not in names:
            ready = partial(installed.ready, name)
            running["ops"] = serve_ops(ready, host=settings.ops_host, port=settings.ops_port, name=name)
        calm_the_collector()
        await supervise(running)


def _say_where(host: str, port: int) -> None:
    shown = "localhost" if host in ("127.0.0.1", "0.0.0.0", "::") else host  # noqa: S104  # compared, not bound
    out.print(
        f"Steward is at [bold]http://{shown}:{port}[/]. Ctrl-C stops it.\n"
        "  `steward sign-in you@example.com --role admin` makes a link into the console\n"
        "  `steward keys create NAME --role ingest` makes a key that sends events (`--role viewer`: one that reads)"
    )
