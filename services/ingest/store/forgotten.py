"""The digests of those who were forgotten, and what stands for them."""

import datetime as dt
import secrets
from collections.abc import Sequence

from services.ingest.veil import Erased
from shared.database import Reading, Writing


async def load(tx: Reading) -> Erased:
    """Everybody who was forgotten."""
    rows = await tx.fetch("SELECT digest, pseudonym FROM erased")
    salt: bytes | None = await tx.value("SELECT salt FROM erased_salt")
    return Erased(salt or b"", {row["digest"]: row["pseudonym"] for row in rows})


async def salt(tx: Writing) -> bytes:
    """The installation's salt, drawn when somebody is erased for the first time."""
    await tx.execute("INSERT INTO erased_salt (salt) VALUES ($1) ON CONFLICT DO NOTHING", secrets.token_bytes(32))
    found: bytes = await tx.value("SELECT salt FROM erased_salt")
    return found


async def pseudonym_of(tx: Reading, digests: Sequence[bytes]) -> str | None:
    """What stands for somebody of whom one of these digests is kept already."""
    found: str | None = await tx.value(
        "SELECT pseudonym FROM erased WHERE digest = ANY($1::bytea[]) ORDER BY erased_at, pseudonym LIMIT 1",
        list(digests),
    )
    return found


async def keep(tx: Writing, digests: Sequence[bytes], pseudonym: str, now: dt.datetime) -> None:
    """Keeps digests of one person."""
    await tx.execute(
        "INSERT INTO erased (digest, pseudonym, erased_at)"
        " SELECT digest, $2, $3 FROM unnest($1::bytea[]) AS digest ON CONFLICT DO NOTHING",
        sorted(digests), pseudonym, now,
    )  # fmt: skip
