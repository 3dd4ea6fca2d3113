"""Where the CPU of health's assessments goes: this process by part, and PostgreSQL."""

import inspect
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import wraps
from typing import Any
from unittest.mock import patch

import psutil

from services.health import handle
from services.health.store import corrections, ledger, scores
from shared.database import Database

_PARTS = (
    ("judging", handle, "_judge_all"),
    ("reading", scores, "lock"),
    ("reading", scores, "facts_now"),
    ("reading", corrections, "within"),
    ("writing", ledger, "write"),
)
"""What is timed, by part; none of these calls another."""


@contextmanager
def parted() -> Iterator[dict[str, float]]:
    """CPU seconds of this process by part, filled once the block ends; `rest` is what is in none: decoding wake-ups,
    reasons of what moved, commits. Batches inside run one after another: two at a time would count for each other."""
    spent = dict.fromkeys((part for part, _, _ in _PARTS), 0.0)
    began = time.process_time()
    with ExitStack() as stack:
        for part, module, name in _PARTS:
            stack.enter_context(patch.object(module, name, _timed(getattr(module, name), part, spent)))
        yield spent
    spent["rest"] = time.process_time() - began - sum(spent.values())


def _timed(act: Callable[..., Any], part: str, spent: dict[str, float]) -> Callable[..., Any]:
    @wraps(act)
    def at_once(*given: Any) -> Any:
        began = time.process_time()
        done = act(*given)
        spent[part] += time.process_time() - began
        return done

    @wraps(act)
    async def waiting(*given: Any) -> Any:
        began = time.process_time()
        done = await act(*given)
        spent[part] += time.process_time() - began
        return done

    return waiting if inspect.iscoroutinefunction(act) else at_once


async def split(
    database: Database, accounts: int, act: Callable[[], Awaitable[float]]
) -> tuple[float, dict[str, float]]:
    """(what `act` returns, CPU microseconds an account by part) of assessing so many accounts."""
    before = await _postgres_cpu(database)
    with parted() as spent:
        result = await act()
    spent["postgres"] = await _postgres_cpu(database) - before
    return result, {f"{part}_cpu_us": round(1e6 * seconds / accounts, 1) for part, seconds in spent.items()}


async def _postgres_cpu(database: Database) -> float:
    """CPU seconds so far of all of this PostgreSQL, on this machine."""
    async with database.reading() as reading:
        backend = psutil.Process(await reading.value("SELECT pg_backend_pid()"))
    server = backend.parent()
    assert server is not None
    return sum(sum(process.cpu_times()[:2]) for process in (server, *server.children()))
