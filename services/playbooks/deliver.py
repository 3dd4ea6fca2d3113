"""Sends pending deliveries: claim with a lease, send with no transaction open, record what came of it.

A crash between sending and recording sends it again when the lease is over: at least once, with the same id.
"""

import datetime as dt

from services.playbooks.channels import CHANNELS
from services.playbooks.retry import Outcome, decide
from services.playbooks.store import deliveries
from services.playbooks.store.deliveries import Claimed
from shared.clock import Clock
from shared.database import Database
from shared.logs import log
from shared.metrics import DELIVERIES
from shared.outbound import Answer, NoAnswer, Outbound
from shared.settings import Settings

LEASE = dt.timedelta(seconds=60)
"""Longer than an exchange may take; then somebody else may try."""


async def deliver_next(database: Database, outbound: Outbound, settings: Settings, clock: Clock) -> bool:
    """Attempts the delivery that has been due for longest; False when none is due."""
    async with database.writing() as tx:
        claimed = await deliveries.claim(tx, clock.now(), LEASE)
    if claimed is None:
        return False
    answer = await _send(claimed, outbound, settings)
    await _record(database, claimed, decide(answer, claimed.attempt, claimed.id, clock.now()), clock.now())
    return True


async def _send(claimed: Claimed, outbound: Outbound, settings: Settings) -> Answer | NoAnswer:
    channel = CHANNELS.get(claimed.channel)
    url = channel.url(settings) if channel else None
    if url is None:
        return NoAnswer(f"no address is set for {claimed.channel}", final=False)
    headers = {"Content-Type": "application/json; charset=utf-8"}
    return await outbound.post(url, claimed.payload.encode(), headers)


async def _record(database: Database, claimed: Claimed, outcome: Outcome, now: dt.datetime) -> None:
    async with database.writing() as tx:
        ours = await deliveries.record(
            tx, claimed, status=outcome.status, error=outcome.error, at=now, again_at=outcome.again_at
        )
    if not ours:
        return
    DELIVERIES.labels(claimed.channel, "again" if outcome.status == "pending" else outcome.status).inc()
    told = log.info if outcome.status == "sent" else log.warning
    told(
        "alert_attempted", delivery=str(claimed.id), account=claimed.account_id, channel=claimed.channel,
        attempt=claimed.attempt, outcome=outcome.status, error=outcome.error, words=claimed.words,
    )  # fmt: skip
