"""`steward bench ingest`: from topic to facts on real Kafka and PostgreSQL, against two floors.

As `steward bench pipeline`, with ingest alone; with `--flat` also with many accounts and with a long history.
"""

import argparse
import asyncio
import sys
from typing import Any

from bench import flat
from bench.figures import compare, show
from bench.place import Plan, open_place
from bench.product import assert_exact
from shared.logs import start_logging


async def run(plan: Plan, *, flat_too: bool) -> dict[str, Any]:
    """The figures; the keys are documented in docs/benchmarks.md."""
    async with open_place(plan) as place:
        figures = await compare(place, plan, "ingest")
        await assert_exact(place.database, plan.total)
    scored = dict.fromkeys(("event_to_score_p50_ms", "event_to_score_p99_ms"))
    return figures | scored | (await flat.measure(plan) if flat_too else {})


def main(arguments: list[str]) -> None:
    """`--events N`, `--accounts N`, `--flat`, `--json`."""
    start_logging("warning")
    parser = argparse.ArgumentParser("steward bench ingest")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--events", type=int, default=Plan.events)
    parser.add_argument("--accounts", type=int, default=Plan.accounts)
    parser.add_argument("--flat", action="store_true")
    asked = parser.parse_args(arguments)
    plan = Plan(events=asked.events, accounts=asked.accounts)
    show(asyncio.run(run(plan, flat_too=asked.flat)), as_json=asked.json)


if __name__ == "__main__":
    main(sys.argv[1:])
