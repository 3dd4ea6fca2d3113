"""Models of who leaves, and every account's chance to."""

import datetime as dt
from collections.abc import Collection, Sequence
from typing import NamedTuple

import msgspec

from services.health.predict.nouns import Learnt, Reason
from shared.database import Reading, Writing


class Taught(NamedTuple):
    """A model with when and by whom it was taught."""

    id: int
    taught_at: dt.datetime
    taught_by: str
    learnt: Learnt


class Chance(NamedTuple):
    """A row of `churn_chances`; `reasons` as JSON."""

    account_id: int
    model_id: int
    day: int
    chance: float
    reasons: str

    @property
    def told(self) -> list[Reason]:
        """The reasons, the heaviest first."""
        return msgspec.json.decode(self.reasons, type=list[Reason])


async def keep(tx: Writing, learnt: Learnt, *, by: str, now: dt.datetime) -> int:
    """Keeps a model, which predicts from now on; its number."""
    number: int = await tx.value(
        """
        INSERT INTO churn_models (id, taught_at, taught_by, digest, learnt)
        SELECT coalesce(max(id), 0) + 1, $1, $2, $3, $4::jsonb FROM churn_models RETURNING id
        """,
        now, by, learnt.digest, msgspec.json.encode(learnt).decode(),
    )  # fmt: skip
    return number


async def models(reading: Reading, most: int = 20) -> list[Taught]:
    """The newest models, the newest first."""
    rows = await reading.fetch(
        "SELECT id, taught_at, taught_by, learnt FROM churn_models ORDER BY id DESC LIMIT $1", most
    )
    return [Taught(row[0], row[1], row[2], msgspec.json.decode(row[3], type=Learnt)) for row in rows]


async def model(reading: Reading, number: int) -> Taught | None:
    """One model, or None."""
    row = await reading.row("SELECT id, taught_at, taught_by, learnt FROM churn_models WHERE id = $1", number)
    return Taught(row[0], row[1], row[2], msgspec.json.decode(row[3], type=Learnt)) if row else None


async def predicted(reading: Reading) -> tuple[int, int] | None:
    """(model, day) of the chances that stand; None without any."""
    row = await reading.row("SELECT model_id, day FROM churn_chances ORDER BY day, model_id LIMIT 1")
    return (row["model_id"], row["day"]) if row else None


async def chance(reading: Reading, account: int) -> Chance | None:
    """What stands for an account."""
    row = await reading.row(
        "SELECT account_id, model_id, day, chance, reasons FROM churn_chances WHERE account_id = $1", account
    )
    return Chance(*row) if row else None


async def write(tx: Writing, rows: Sequence[Chance]) -> None:
    """Sets the chances of accounts, in one statement."""
    await tx.execute(
        """
        INSERT INTO churn_chances (account_id, model_id, day, chance, reasons)
        SELECT account_id, model_id, day, chance, reasons::jsonb
          FROM unnest($1::bigint[], $2::int[], $3::int[], $4::float8[], $5::text[])
               AS new(account_id, model_id, day, chance, reasons)
        ON CONFLICT (account_id) DO UPDATE SET
            model_id = excluded.model_id, day = excluded.day, chance = excluded.chance, reasons = excluded.reasons
        """,
        *(map(list, zip(*rows, strict=True)) if rows else ([], [], [], [], [])),
    )


async def drop_others(tx: Writing, accounts: Collection[int]) -> None:
    """Drops the chances of all other accounts."""
    await tx.execute("DELETE FROM churn_chances WHERE account_id <> ALL($1::bigint[])", list(accounts))
