"""`steward bench`: how fast the pipeline is on this machine. The benchmarks stand beside the package, in bench/."""

# ruff: noqa: PLC0415  # a command imports what it needs when it runs

import sys
from pathlib import Path
from typing import Annotated

import typer

from services.cli.terminal import examples, group
from shared.errors import Refused

app = group("bench", "Benchmarks.", ("steward bench pipeline", "events/s from topic to current score, and its floor"))


@app.callback()
def benchmarks() -> None:
    """Benchmarks, each against its floor in the same run."""


@app.command(
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True},
    epilog=examples(
        ("steward bench pipeline", "real Kafka and PostgreSQL, a few minutes"),
        ("steward bench pipeline --json", "for a machine"),
    ),
)
def pipeline(
    context: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="print one JSON object")] = False,
) -> None:
    """The whole pipeline against its floor, on real Kafka and PostgreSQL. Further options go to bench/pipeline.py."""
    script = checkout() / "bench" / "pipeline.py"
    if not script.is_file():
        words = "the benchmarks are not part of the installed package: bench/pipeline.py is in the source tree only"
        raise Refused(words, "clone the repository and run `make bench` there")
    import os

    os.chdir(script.parent.parent)
    arguments = [sys.executable, "-m", "bench.pipeline", *(["--json"] if as_json else []), *context.args]
    os.execv(sys.executable, arguments)  # noqa: S606  # our own script, with our own interpreter


def checkout() -> Path:
    """Where the source tree is, if this runs from one."""
    return Path(__file__).resolve().parents[2]
