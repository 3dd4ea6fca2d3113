"""Whoever is told to stop stops, also in the very moment in which there is something to do."""

import asyncio

import pytest

from shared import outbox
from shared.errors import Invalid
from shared.process import insist


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


async def test_what_must_be_done_first_is_tried_until_it_succeeds() -> None:
    tries: list[int] = []

    async def act() -> str:
        tries.append(1)
        if len(tries) < 3:
            raise OSError("the database is starting up")
        return "done"

    assert (await insist(act, "house", every_s=0), len(tries)) == ("done", 3)


async def test_what_was_asked_for_wrongly_is_told_at_once() -> None:
    async def act() -> None:
        raise Invalid("there is no such playbook")

    with pytest.raises(Invalid):
        await insist(act, "playbooks", every_s=0)
