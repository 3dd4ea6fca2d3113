"""All SQL over the tables that the API owns: keys, sign-in links, sessions, the audit log."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

import msgspec

from services.api.keys import Key
from services.api.roles import Role
from shared.database import Reading, Row, Writing


async def add_key(tx: Writing, key: Key, *, name: str, role: Role, owner: str | None, now: dt.datetime) -> None:
    """Keeps a new key: its id and the digest of its secret."""
    await tx.execute(
        "INSERT INTO api_keys (id, name, role, owner, secret_sha256, created_at) VALUES ($1, $2, $3, $4, $5, $6)",
        key.id, name, str(role), owner, key.sha256, now,
    )  # fmt: skip


async def key_row(tx: Reading, key_id: str) -> Row | None:
    """A key that is not revoked."""
    return await tx.row(
        "SELECT name, role, owner, secret_sha256, last_used_on FROM api_keys WHERE id = $1 AND revoked_at IS NULL",
        key_id,
    )


async def note_use(tx: Writing, key_id: str, day: dt.date) -> None:
    """Remembers the last day on which the key was used."""
    await tx.execute("UPDATE api_keys SET last_used_on = $2 WHERE id = $1", key_id, day)


async def revoke(tx: Writing, key_id: str, now: dt.datetime) -> int:
    """Ends a key; 0 if there is none that still holds."""
    return await tx.execute("UPDATE api_keys SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL", key_id, now)


async def add_link(tx: Writing, token: bytes, email: str, role: Role, expires_at: dt.datetime) -> None:
    """Keeps a sign-in link."""
    await tx.execute(
        "INSERT INTO sign_in_links (token_sha256, user_email, role, expires_at) VALUES ($1, $2, $3, $4)",
        token, email, str(role), expires_at,
    )  # fmt: skip


async def use_link(tx: Writing, token: bytes, now: dt.datetime) -> Row | None:
    """Spends a link; None if it is unknown, spent or expired. Two at once: one gets it."""
    return await tx.row(
        "UPDATE sign_in_links SET used_at = $2 WHERE token_sha256 = $1 AND used_at IS NULL AND expires_at > $2"
        " RETURNING user_email, role",
        token, now,
    )  # fmt: skip


async def add_session(tx: Writing, token: bytes, email: str, role: Role, expires_at: dt.datetime) -> None:
    """Opens a session."""
    await tx.execute(
        "INSERT INTO sessions (token_sha256, user_email, role, expires_at) VALUES ($1, $2, $3, $4)",
        token, email, str(role), expires_at,
    )  # fmt: skip


async def session_row(tx: Reading, token: bytes, now: dt.datetime) -> Row | None:
    """A session that still holds."""
    return await tx.row("SELECT user_email, role FROM sessions WHERE token_sha256 = $1 AND expires_at > $2", token, now)


async def forget_expired(tx: Writing, now: dt.datetime) -> None:
    """Drops sessions and links that nobody can use any more."""
    await tx.execute("DELETE FROM sessions WHERE expires_at < $1", now)
    await tx.execute("DELETE FROM sign_in_links WHERE expires_at < $1", now)


async def end_session(tx: Writing, token: bytes) -> None:
    """Closes a session."""
    await tx.execute("DELETE FROM sessions WHERE token_sha256 = $1", token)


async def audit(
    tx: Writing, actor: str, action: str, thing: str, *, now: dt.datetime, detail: Mapping[str, Any] | None = None
) -> None:
    """Appends to the audit log, in the transaction of what was done."""
    await tx.execute(
        "INSERT INTO audit_log (at, actor, action, object, detail) VALUES ($1, $2, $3, $4, $5::jsonb)",
        now, actor, action, thing, msgspec.json.encode(detail or {}).decode(),
    )  # fmt: skip
