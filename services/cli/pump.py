"""The pump: tells native events to the broker when their time has come, as CloudEvents in binary mode."""

import asyncio
import datetime as dt
from collections.abc import Iterator
from typing import Any

import msgspec

from shared.broker import Outgoing, Producer
from shared.clock import Clock
from shared.contracts import NATIVE
from shared.logs import log

Native = dict[str, Any]
Told = Iterator[tuple[dt.datetime, Native]]

MOST_AT_ONCE = 500
_NAP_S = 0.5
_AGAIN_S = 1.0
_to_json = msgspec.json.Encoder().encode


def record_of(event: Native) -> Outgoing:
    """A structured native event as a record in binary mode, keyed by the account's id in its source."""
    envelope = {
        "ce_specversion": event["specversion"],
        "ce_id": event["id"],
        "ce_source": event["source"],
        "ce_type": event["type"],
        "ce_time": event["time"],
        "ce_subject": event["subject"],
        "content-type": "application/json",
    }
    headers = [(name, value.encode()) for name, value in envelope.items()]
    return Outgoing(str(NATIVE[event["type"]][0]), event["subject"].encode(), _to_json(event["data"]), headers)


async def pump(producer: Producer, told: Told, clock: Clock) -> None:
    """Sends every event of `told`, which are in time order, once its time has come; ends when there are no more."""
    # ahead of its time, and away from the loop: drawing the next fortnight takes a second
    ahead = await asyncio.to_thread(next, told, None)
    while ahead is not None:
        due: list[Outgoing] = []
        while ahead is not None and ahead[0] <= clock.now() and len(due) < MOST_AT_ONCE:
            due.append(record_of(ahead[1]))
            ahead = await asyncio.to_thread(next, told, None)
        if due:
            await _send(producer, due)
        elif ahead is not None:
            await asyncio.sleep(min((ahead[0] - clock.now()).total_seconds(), _NAP_S))


async def _send(producer: Producer, records: list[Outgoing]) -> None:
    """Until the broker has them. They keep their ids, so that a repeat is a duplicate."""
    while True:
        try:
            return await producer.send(records)
        except Exception as error:
            log.warning("traffic_not_sent", records=len(records), error=repr(error))
            await asyncio.sleep(_AGAIN_S)
