"""`steward bench pipeline`: from topic to current score on real Kafka and PostgreSQL, against two floors.

One run starts its own broker and database, loads the traffic into the topics, then lets the floors and the
product (ingest and health as processes of their own) eat the same records, one after another. Ratios are taken
within the run; absolute rates tell of the machine.
"""

import argparse
import asyncio
import statistics
import sys
from typing import Any

from bench import live
from bench.figures import compare, show
from bench.place import Plan, open_place
from bench.product import assert_exact
from shared.logs import start_logging

RATE = 2_000
"""Events a second while the time to the score is taken."""


async def run(plan: Plan, live_seconds: int) -> dict[str, Any]:
    """The figures; the keys are documented in docs/benchmarks.md."""
    async with open_place(plan) as place:
        figures = await compare(place, plan, "ingest", "health")
        latencies = await live.measure(place, plan, rate=RATE, seconds=live_seconds)
        await assert_exact(place.database, plan.total)
    return figures | {
        "event_to_score_p50_ms": round(statistics.median(latencies)),
        "event_to_score_p99_ms": round(statistics.quantiles(latencies, n=100)[98]),
        "probes": len(latencies),
    }


def main(arguments: list[str]) -> None:
    """`--events N`, `--accounts N`, `--live-seconds N`, `--json`."""
    start_logging("warning")
    parser = argparse.ArgumentParser("steward bench pipeline")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--events", type=int, default=Plan.events)
    parser.add_argument("--accounts", type=int, default=Plan.accounts)
    parser.add_argument("--live-seconds", type=int, default=30)
    asked = parser.parse_args(arguments)
    plan = Plan(events=asked.events, accounts=asked.accounts)
    show(asyncio.run(run(plan, asked.live_seconds)), as_json=asked.json)


if __name__ == "__main__":
    main(sys.argv[1:])
