"""The world around playbooks, as ingest and health would have written it."""

import datetime as dt
import json
from typing import Any
from uuid import UUID, uuid4

from pydantic import SecretStr

from services.playbooks.definitions import Playbook
from services.playbooks.handle import decide_on, on_crossings
from services.playbooks.house import House
from services.playbooks.occasions import Occasion
from services.playbooks.runner import run_due
from services.playbooks.store.definitions import put_in_force
from shared.broker import Partition, Record
from shared.contracts import Crossing, Signal
from shared.database import Database, Row
from shared.settings import Settings
from tests.playbooks.stories import ACME, NOON, PB_3


async def a_house(database: Database, *playbooks: Playbook, **settings: Any) -> House:
    """PB-3 in force, and Slack set up, unless told otherwise."""
    told = {
        "slack_webhook_url": SecretStr("http://hooks.example:9/services/T0/B0/secret"),
        "public_url": "https://steward.example/",
        "role_owners": {"CSM Manager": "max@example.com"},
    }
    chosen = playbooks or (PB_3,)
    async with database.writing() as tx:
        versions = await put_in_force(tx, chosen, NOON)
    return House(Settings(**{**told, **settings}), chosen, versions)


async def an_account(
    database: Database, account: int = ACME, *, name: str = "Acme", score: int | None = 36, zone: str | None = None
) -> None:
    """An account with its facts, score and owner."""
    async with database.writing() as tx:
        await tx.execute(
            "INSERT INTO accounts (id, name, time_zone, crm_owner, created_at)"
            " VALUES ($1, $2, $3, 'ada@example.com', $4)",
            account, name, zone, NOON,
        )  # fmt: skip
        await tx.execute(
            "INSERT INTO facts (account_id, version, stamp, facts, updated_at) VALUES ($1, 1, 1, '', $2)", account, NOON
        )
        await tx.execute(
            """
            INSERT INTO scores (account_id, model, segment, score, coverage, band, assessment, facts, facts_version,
                                assessed_at, effective_at, next_due, closed_through)
            VALUES ($1, 'hm-2/1', 'low_touch', $2, 900000, $3, '', '', 1, $4, $4, $4, 0)
            """,
            account, score, _band(score), NOON,
        )  # fmt: skip


def _band(score: int | None) -> str:
    if score is None:
        return "unknown"
    return next(
        name for name, lower in (("healthy", 80), ("stable", 60), ("at_risk", 40), ("critical", 0)) if score >= lower
    )


async def score_moves(database: Database, score: int | None, at: dt.datetime, account: int = ACME) -> None:
    """Health writes a new score and its history."""
    async with database.writing() as tx:
        await tx.execute(
            "UPDATE scores SET score = $2, band = $3, effective_at = $4 WHERE account_id = $1",
            account, score, _band(score), at,
        )  # fmt: skip
        await tx.execute(
            """
            INSERT INTO score_history (account_id, kind, effective_at, recorded_at, model, segment, score, coverage,
                                       band, measures)
            VALUES ($1, 'move', $2, $2, 'hm-2/1', 'low_touch', $3, 900000, $4, '{}')
            """,
            account, at, score, _band(score),
        )  # fmt: skip


async def it_is_told(database: Database, kind: str, at: dt.datetime, account: int = ACME) -> None:
    """Ingest accepts an event of the account."""
    async with database.writing() as tx:
        version = await tx.value(
            "UPDATE facts SET version = version + 1 WHERE account_id = $1 RETURNING version", account
        )
        await tx.execute(
            """
            INSERT INTO telling_events (id, source, type, account_id, account_source, account_key, occurred_at,
                                        received_at, sequence, version, payload)
            VALUES ($1, 'crm', $2, $3, 'native', 'acme', $4, $4, 0, $5, '{}')
            """,
            uuid4().bytes, kind, account, at, version,
        )  # fmt: skip


async def the_episode_closes(database: Database, episode: str, account: int = ACME) -> None:
    """Health has closed the episode of a crossing."""
    async with database.writing() as tx:
        await tx.execute(
            "INSERT INTO episodes (id, account_id, model, band, opened_at, closed_at, cause)"
            " VALUES ($1, $2, 'hm-2/1', 'critical', $3, $3, 'crossing')",
            UUID(episode), account, NOON,
        )  # fmt: skip


def published(told: Crossing | Signal) -> Record:
    """As health publishes it."""
    kind = b"health.crossing" if isinstance(told, Crossing) else b"health.signal"
    key = str(told.account_id).encode()
    return Record(Partition("health.crossings", 0), 0, 0, key, told.model_dump_json().encode(), [("ce_type", kind)])


async def crosses(database: Database, house: House, *told: Crossing | Signal, at: dt.datetime = NOON) -> None:
    """A batch of health.crossings arrives and is committed."""
    async with database.writing() as tx:
        await on_crossings(house)(tx, [published(one) for one in told], at)


async def happens(database: Database, house: House, *occasions: Occasion, at: dt.datetime = NOON) -> None:
    async with database.writing() as tx:
        await decide_on(tx, house, occasions, at)


async def time_passes(database: Database, house: House, until: dt.datetime) -> int:
    """The runner looks at that instant."""
    return await run_due(database, house, until)


async def rows(database: Database, sql: str, *values: Any) -> list[Row]:
    async with database.reading() as reading:
        return await reading.fetch(sql, *values)


async def open_tasks(database: Database) -> set[str]:
    return {row["step"] for row in await rows(database, "SELECT step FROM tasks WHERE status = 'open'")}


async def told_events(database: Database) -> list[str]:
    """Kinds of what waits to be published on playbook.events, in order."""
    found = await rows(database, "SELECT value FROM outbox WHERE topic = 'playbook.events' ORDER BY id")
    return [json.loads(row["value"])["kind"] for row in found]
