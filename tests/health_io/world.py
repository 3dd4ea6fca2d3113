"""A small world around health: the real ingest before it, a frozen clock, and hands to carry the wake-ups."""

import datetime as dt
import itertools
from collections.abc import Sequence
from typing import Any

import msgspec

from services.health.configuration import Configuration, configuration, document
from services.health.correct import correct_some
from services.health.force import InForce
from services.health.gathering import gathered
from services.health.handle import Health
from services.health.rules import Rules
from services.health.sweep import sweep
from services.ingest.handle import Ingest
from services.ingest.hearing import Heard
from services.ingest.sources import settle
from services.ingest.store.accounts import account_id
from shared.broker import RECEIVED_AT, Outgoing, Partition, Record
from shared.clock import FrozenClock
from shared.database import Database, Row
from shared.outbox import unpack_headers
from shared.settings import Settings
from tests.cast import NOW

SEGMENTS = ("high_touch", "low_touch", "tech_touch")


def scored_by(model: str, *more: Configuration, signals: tuple[str, ...] = ("cancel_requested",)) -> Configuration:
    """The shipped configuration, with one model for all segments and these signals; `more` overlays it."""
    policy = {"words": "one for all", "segments": "seg-4", "models": dict.fromkeys(SEGMENTS, model)}
    whole = [gathered(None), *more]
    documents = [
        found
        for one in whole
        for found in one.documents.values()
        if found.key.kind != "signals" or found.key.name in signals
    ]
    return configuration([*documents, document("policy", "the test", policy)])


FILES = scored_by("hm-2")
RULES = Rules.of(FILES)
MODEL = RULES.model_of("tech_touch")
ACME = account_id(("native", "acme"))

_offsets = itertools.count()


def number(account: str) -> int:
    """Steward's id of one of our accounts."""
    return account_id(("native", account))


class World:
    """What is told is accepted by ingest at the clock's time; `wake` carries its wake-ups to health."""

    def __init__(self, database: Database, now: dt.datetime = NOW) -> None:
        self.database = database
        self.clock = FrozenClock(now)
        self.ingest = Ingest(Settings())
        self.in_force = InForce(FILES)
        self.health = Health(self.in_force, self.clock)

    async def tell(self, *told: Outgoing, rebase: bool = False) -> None:
        """Ingest accepts what is told, now."""
        records = [self._record(one) for one in told]
        async with self.database.writing() as tx:
            if rebase:
                heard = Heard({}, settle(), Settings(), 2**62)
                heard.hear(records)
                await self.ingest.accept(tx, heard.arrivals, self.clock.now(), imported=True, rebase=True)
            else:
                await self.ingest.on_records(tx, records, self.clock.now())

    def _record(self, told: Outgoing) -> Record:
        received = [*told.headers, (RECEIVED_AT, self.clock.now().isoformat().encode())]
        at = int(self.clock.now().timestamp() * 1000)
        return Record(Partition(told.topic, 0), next(_offsets), at, told.key, told.value, received)

    async def wakes(self) -> list[Record]:
        """The wake-ups that wait in ingest's outbox, taken out of it."""
        async with self.database.writing() as tx:
            rows = await tx.fetch("DELETE FROM outbox WHERE owner = 'ingest' RETURNING id, topic, partition, value")
        return [
            Record(Partition(row["topic"], row["partition"]), next(_offsets), 0, None, row["value"], [])
            for row in sorted(rows, key=lambda row: row["id"])
        ]

    async def hand(self, records: Sequence[Record]) -> None:
        """Health handles a batch."""
        async with self.database.writing() as tx:
            await self.health.on_accounts_changed(tx, records, self.clock.now())

    async def wake(self, *told: Outgoing) -> None:
        """Something is told, and health hears of it."""
        if told:
            await self.tell(*told)
        await self.hand(await self.wakes())

    async def sweep(self) -> int:
        """Time passes for health: days are closed, what is due is assessed."""
        return await sweep(self.database, self.health, self.clock.now())

    async def correct(self) -> int:
        """The corrections that wait are made."""
        return await correct_some(self.database, self.in_force, self.clock.now())

    async def until(self, at: dt.datetime) -> None:
        """The clock moves on to `at`, with a sweep just after every midnight in between."""
        while self.clock.now().date() < at.date():
            self.clock.at = dt.datetime.combine(self.clock.now().date() + dt.timedelta(1), dt.time(0, 0, 2), dt.UTC)
            await self.sweep()
        self.clock.at = at

    # --- what is there ----------------------------------------------------------------------------

    async def rows(self, sql: str, *values: Any) -> list[Row]:
        """All rows of a question."""
        async with self.database.reading() as reading:
            return await reading.fetch(sql, *values)

    async def score(self, account: str = "acme") -> Row:
        """The row of `scores`."""
        (row,) = await self.rows("SELECT * FROM scores WHERE account_id = $1", number(account))
        return row

    async def history(self, kind: str, account: str = "acme") -> list[Row]:
        """Rows of history of a kind as they were written."""
        return await self.rows(
            "SELECT * FROM score_history WHERE account_id = $1 AND kind = $2 ORDER BY effective_at, id",
            number(account), kind,
        )  # fmt: skip

    async def left(self) -> list[tuple[dict[str, str], Any]]:
        """(headers, value) of what health put into its outbox, transitions apart."""
        return [one for one in await self._told() if one[0]["ce_type"] != "health.transition"]

    async def transitions(self) -> list[Any]:
        """The transitions that health put into its outbox."""
        return [value for headers, value in await self._told() if headers["ce_type"] == "health.transition"]

    async def _told(self) -> list[tuple[dict[str, str], Any]]:
        rows = await self.rows("SELECT key, headers, value FROM outbox WHERE owner = 'health' ORDER BY id")
        return [
            (
                {name: value.decode() for name, value in unpack_headers(row["headers"])},
                msgspec.json.decode(row["value"]),
            )
            for row in rows
        ]

    async def noticed(self) -> list[tuple[str, str]]:
        """(kind, severity) of every signal that was told, in order."""
        return [(value["kind"], value["severity"]) for headers, value in await self.left() if "severity" in value]

    async def fingerprint(self) -> list[Row]:
        """How many rows each of health's tables and its outbox has, and the newest of scores."""
        return await self.rows(
            """
            SELECT (SELECT count(*) FROM score_history) AS history, (SELECT count(*) FROM score_changes) AS changes,
                   (SELECT count(*) FROM episodes) AS episodes, (SELECT count(*) FROM crossings) AS crossings,
                   (SELECT count(*) FROM signals) AS signals,
                   (SELECT count(*) FROM transitions) AS transitions, (SELECT count(*) FROM moments) AS moments,
                   (SELECT count(*) FROM outbox WHERE owner = 'health') AS told,
                   (SELECT max(assessed_at) FROM scores) AS assessed_at
            """
        )
