"""Keys, sign-in links and sessions: made, used, ended. Every use takes one short transaction of its own.

`create_key`, `revoke_key` and `create_sign_in_link` are the use cases of the command line.
"""

import datetime as dt
import hmac
import secrets
from typing import NamedTuple

from services.api import store
from services.api.keys import Key, csrf_token, new_key, read_key, token_sha256
from services.api.problems import Forbidden, Unauthenticated
from services.api.roles import Caller, Role
from shared.database import Database, Writing
from shared.errors import Invalid, NotFound

SESSION_LASTS = dt.timedelta(hours=12)
LINK_LASTS = dt.timedelta(minutes=30)
_KEY_REMEDY = "Send `Authorization: Bearer stw_…`; `steward keys create` makes a key."
_LINK_REMEDY = "Ask for a new sign-in link: `steward sign-in you@example.com`."


class Session(NamedTuple):
    """A session as the browser holds it."""

    token: str
    expires_at: dt.datetime


async def create_key(
    tx: Writing, *, name: str, role: Role, env: str, now: dt.datetime, by: str, owner: str | None = None
) -> Key:
    """A new key, whose text is shown once. A csm key needs the `owner` whose book it opens."""
    if role is Role.CSM and not owner:
        raise Invalid("A key of role csm needs an owner.", "Name the e-mail address whose accounts it may see.")
    key = new_key(env)
    await store.add_key(tx, key, name=name, role=role, owner=owner, now=now)
    await store.audit(tx, by, "key.created", key.id, now=now, detail={"name": name, "role": role, "owner": owner})
    return key


async def revoke_key(tx: Writing, key_id: str, *, now: dt.datetime, by: str) -> None:
    """Ends a key at once. Raises NotFound."""
    if not await store.revoke(tx, key_id, now):
        raise NotFound(f"No key {key_id} is in force.", "The id is the third part of the key.")
    await store.audit(tx, by, "key.revoked", key_id, now=now)


async def create_sign_in_link(
    tx: Writing, *, email: str, role: Role, now: dt.datetime, by: str, lasts: dt.timedelta = LINK_LASTS
) -> str:
    """The path (`/sign-in?token=…`) of a link that signs `email` in, once. Put the console's address before it."""
    if role is Role.INGEST:
        raise Invalid("The role ingest cannot sign in: it may only send events.")
    token = secrets.token_urlsafe(32)
    await store.add_link(tx, token_sha256(token), email, role, now + lasts)
    await store.audit(tx, by, "sign_in_link.created", email, now=now, detail={"role": role})
    return f"/sign-in?token={token}"


async def sign_in(tx: Writing, token: str, now: dt.datetime) -> Session:
    """Spends a sign-in link for a session. Raises Unauthenticated."""
    link = await store.use_link(tx, token_sha256(token), now)
    if link is None:
        raise Unauthenticated("This sign-in link was used before, has expired or never was.", _LINK_REMEDY)
    await store.forget_expired(tx, now)
    session = Session(secrets.token_urlsafe(32), now + SESSION_LASTS)
    await store.add_session(tx, token_sha256(session.token), link["user_email"], Role(link["role"]), session.expires_at)
    await store.audit(tx, link["user_email"], "signed_in", link["user_email"], now=now)
    return session


async def sign_out(tx: Writing, token: str, caller: Caller, now: dt.datetime) -> None:
    """Ends the session."""
    await store.end_session(tx, token_sha256(token))
    await store.audit(tx, caller.name, "signed_out", caller.name, now=now)


async def caller_by_key(database: Database, header: str | None, now: dt.datetime) -> Caller:
    """Who holds this `Authorization` header. A key whose shape or CRC is wrong costs no database question."""
    scheme, _, text = (header or "").partition(" ")
    if scheme.lower() != "bearer":
        raise Unauthenticated("No key was sent.", _KEY_REMEDY)
    key = read_key(text.strip())
    if key is None:
        raise Unauthenticated("This is not a whole key: a character is wrong or missing.", _KEY_REMEDY)
    async with database.reading() as tx:
        row = await store.key_row(tx, key.id)
    if row is None or not hmac.compare_digest(bytes(row["secret_sha256"]), key.sha256):
        raise Unauthenticated("This key is unknown or revoked.", _KEY_REMEDY)
    if row["last_used_on"] != now.date():
        async with database.writing() as writing:
            await store.note_use(writing, key.id, now.date())
    return Caller(f"key {row['name']} ({key.id})", Role(row["role"]), row["owner"])


async def caller_by_session(database: Database, token: str | None, now: dt.datetime) -> Caller:
    """Who holds this session cookie."""
    if token:
        async with database.reading() as tx:
            row = await store.session_row(tx, token_sha256(token), now)
        if row is not None:
            return Caller(row["user_email"], Role(row["role"]), row["user_email"], csrf_token(token))
    raise Unauthenticated("Nobody is signed in here, or the session has expired.", _LINK_REMEDY)


def check_form(caller: Caller, sent: str) -> None:
    """Refuses a form that was not drawn for this session."""
    if not hmac.compare_digest(caller.csrf.encode(), sent.encode("utf-8", "replace")):
        raise Forbidden("This form is from another session.", "Reload the page and send it again.")
