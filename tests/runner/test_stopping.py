"""Whoever is told to stop stops, also in the very moment in which there is something to do."""

import asyncio

import pytest

from shared import outbox


@pytest.mark.parametrize("turns", range(5))
async def test_a_relay_that_is_woken_and_cancelled_at_once_is_cancelled(turns: int) -> None:
    """asyncio.wait_for of Python 3.11 lets the wake-up win and forgets that somebody wanted an end."""
    wake = asyncio.Event()
    waiting = asyncio.create_task(outbox._wait(wake, 10))
    await asyncio.sleep(0)
    wake.set()
    for _ in range(turns):
        await asyncio.sleep(0)
    ended = waiting.done()
    waiting.cancel()
    await asyncio.wait([waiting])
    assert ended or waiting.cancelled()
