"""The comparison that benchmarks are made of: floors, product, floors, over the same records; and how it is shown."""

import datetime as dt
import json
import os
import statistics
from typing import Any

from bench import floor, workload
from bench.place import Place, Plan, say, send
from bench.product import drain

LEAST_BARE_FLOOR = 30_000
"""Events a second of the bare floor, before or after, below which a run is suspect: the machine had other work to do.
On two quiet cores it makes 70,000 to 85,000 (docs/benchmarks.md)."""


async def compare(place: Place, plan: Plan, *services: str) -> dict[str, Any]:
    """Creates the accounts, loads the traffic, and lets floors and services eat it. The floors run before and after
    the product, and their mean counts."""
    await create_accounts(place, plan, *services)
    await load(place, plan)
    bare, stored = [await _floor(place, plan, bare=True)], [await _floor(place, plan, bare=False)]
    say.print(f"The product: {' and '.join(services)} …")
    seconds, split = await drain(place, plan, plan.events, *services)
    rate = plan.events / seconds
    say.print(f"The product: {rate:,.0f} events/s")
    bare.append(await _floor(place, plan, bare=True))
    stored.append(await _floor(place, plan, bare=False))
    if suspect := min(bare) < LEAST_BARE_FLOOR:
        say.print(f"Suspect: a bare floor under {LEAST_BARE_FLOOR:,} events/s. Run it again on a quiet machine.")
    return {
        "events_per_second": round(rate),
        "floor_events_per_second": round(statistics.mean(stored)),
        "ratio_to_floor": round(rate / statistics.mean(stored), 3),
        "bare_floor_events_per_second": round(statistics.mean(bare)),
        "ratio_to_bare_floor": round(rate / statistics.mean(bare), 3),
        "suspect": suspect,
        "split": split,
        "plan": plan.__dict__ | {"cores": os.cpu_count()},
    }


async def create_accounts(place: Place, plan: Plan, *services: str) -> None:
    """Lets the services take in the accounts, with a subscription each."""
    say.print(f"Creating {plan.accounts:,} accounts …")
    await send(place.broker, workload.accounts(plan.accounts, dt.datetime.now(dt.UTC)))
    await drain(place, plan, 2 * plan.accounts, *services)


async def load(place: Place, plan: Plan) -> None:
    """Puts the traffic into the topics."""
    say.print(f"Loading {plan.events:,} events into the topics …")
    await send(place.broker, workload.traffic(plan.events, plan.accounts, dt.datetime.now(dt.UTC)))


async def _floor(place: Place, plan: Plan, *, bare: bool) -> float:
    rate = await floor.measure(place, plan, bare=bare)
    say.print(f"{'Bare floor' if bare else 'Floor'}: {rate:,.0f} events/s")
    return rate


def show(figures: dict[str, Any], *, as_json: bool) -> None:
    """Prints the figures: as JSON on the standard output, or for people on the other."""
    if as_json:
        print(json.dumps(figures, indent=2))
        return
    for name, value in figures.items():
        say.print(f"  {name:32} {value}")
