"""`steward bench`: how fast the pipeline is on this machine. The benchmarks stand beside the package, in bench/."""

# ruff: noqa: PLC0415  # a command imports what it needs when it runs

import sys
from pathlib import Path
from typing import Annotated

import typer

from services.cli.terminal import examples, group
from shared.errors import Refused

app = group(
    "bench", "Benchmarks.",
    ("steward bench pipeline", "events/s from topic to current score, and its floor"),
    ("steward bench ingest", "events/s from topic to facts, and its floor"),
    ("steward bench health", "assessments/s, a midnight, a what-if"),
    ("steward bench http", "events/s through POST /v1/batch"),
)  # fmt: skip
_ANYTHING = {"allow_extra_args": True, "ignore_unknown_options": True}
Json = Annotated[bool, typer.Option("--json", help="print one JSON object")]


@app.callback()
def benchmarks() -> None:
    """Benchmarks, each against its floor in the same run."""


@app.command(
    context_settings=_ANYTHING,
    epilog=examples(
        ("steward bench pipeline", "real Kafka and PostgreSQL, a few minutes"),
        ("steward bench pipeline --json", "for a machine"),
    ),
)
def pipeline(context: typer.Context, as_json: Json = False) -> None:
    """The whole pipeline against its floor, on real Kafka and PostgreSQL. Further options go to bench/pipeline.py."""
    _become("pipeline", [*(["--json"] if as_json else []), *context.args])


@app.command(
    context_settings=_ANYTHING,
    epilog=examples(
        ("steward bench ingest", "real Kafka and PostgreSQL, some minutes"),
        ("steward bench ingest --flat", "also with many accounts, and with a long history"),
    ),
)
def ingest(context: typer.Context, as_json: Json = False) -> None:
    """Ingest alone against its floor, on real Kafka and PostgreSQL. Further options go to bench/ingest.py."""
    _become("ingest", [*(["--json"] if as_json else []), *context.args])


@app.command(
    context_settings=_ANYTHING,
    epilog=examples(
        ("steward bench http", "real PostgreSQL and one API process, half a minute"),
        ("steward bench http --batch 500 --connections 8", "other batches"),
    ),
)
def http(context: typer.Context, as_json: Json = False) -> None:
    """Batches through POST /v1/batch, answered once on disk. Further options go to bench/http_batch.py."""
    _become("http_batch", [*(["--json"] if as_json else []), *context.args])


@app.command(
    context_settings=_ANYTHING,
    epilog=examples(
        ("steward bench health", "100,000 accounts, some minutes"),
        ("steward bench health --accounts 10000 --json", "fewer, for a machine"),
    ),
)
def health(context: typer.Context, as_json: Json = False) -> None:
    """Scores on one process: assessments, a midnight, a draft's what-if. Further options go to bench/health.py."""
    _become("health", [*(["--json"] if as_json else []), *context.args])


def _become(name: str, arguments: list[str]) -> None:
    """Goes on as that benchmark. Raises Refused where there is no source tree."""
    script = checkout() / "bench" / f"{name}.py"
    if not script.is_file():
        words = f"the benchmarks are not part of the installed package: bench/{name}.py is in the source tree only"
        raise Refused(words, "clone the repository and run `make bench` there")
    import os

    os.chdir(script.parent.parent)
    os.execv(sys.executable, [sys.executable, "-m", f"bench.{name}", *arguments])  # noqa: S606  # our own script


def checkout() -> Path:
    """Where the source tree is, if this runs from one."""
    return Path(__file__).resolve().parents[2]
