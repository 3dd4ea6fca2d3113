"""Every account's chance to leave, once a day, as soon as the day is closed; and whenever a new model was taught."""

import asyncio

from services.health.force import InForce
from services.health.predict import handle
from shared.clock import Clock
from shared.database import Database
from shared.logs import log

_EVERY_S = 60.0


async def run_predictions(database: Database, in_force: InForce, clock: Clock) -> None:
    """Predicts whenever that is due, until cancelled; without a model never. A failure is logged and tried again."""
    while True:
        try:
            if await handle.due(database, clock.now()):
                async with database.reading() as reading:
                    rules = await in_force.read(reading)
                accounts = await handle.refresh(database, rules, clock.now())
                log.info("chances_set", accounts=accounts)
        except Exception as error:  # the database is away, say: nothing is lost, we come back
            log.warning("prediction_failed", error=repr(error), exc_info=True)
        await asyncio.sleep(_EVERY_S)
