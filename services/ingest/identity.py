"""What people decide about who is who, through the console, the API or the command line. Each decision becomes an event
of source `steward`, accepted in the caller's transaction like any other, so that a rebuild decides the same."""

import datetime as dt
import json
import shlex
import uuid
from typing import Any

from services.ingest.handle import Ingest
from services.ingest.nouns import Arrival
from services.ingest.store import accounts, identities, unmatched
from services.ingest.store.accounts import Key
from shared.clock import to_us
from shared.database import Row, Writing
from shared.errors import Conflict, Invalid, NotFound, Rejection
from shared.facts import Event
from shared.native import decode_body, encode_body

SOURCE = "steward"


async def link(tx: Writing, ingest: Ingest, key: Key, account: int, *, now: dt.datetime, reason: str | None) -> None:
    """A key means an account. What waits for it is applied by the sweeper; what another account had by it moves.
    Raises NotFound, or Conflict for the key under which another account was created."""
    known = await identities.one(tx, key)
    if known is not None and known["rule"] == "own" and known["account_id"] != account:
        raise Conflict(f"{_spelled(key)} is the id that another account was created under", "merge the two accounts")
    subject = await _subject(tx, account)
    await decide(tx, ingest, "identity.linked", subject, now, source=key[0], external_id=key[1], reason=reason)
    after = await accounts.homes(tx, [key])
    _must_hold(after.get(key) == account, key)


async def unlink(tx: Writing, ingest: Ingest, key: Key, *, now: dt.datetime, reason: str | None) -> int:
    """A key does not mean the account that it means now; that account. Raises NotFound, or Conflict for the key under
    which it was created."""
    known = await identities.one(tx, key)
    if known is None:
        raise NotFound(f"{_spelled(key)} means no account", "`steward unmatched list` shows what waits")
    if known["rule"] == "own":
        raise Conflict(f"{_spelled(key)} is the id that its account was created under", "it cannot mean another one")
    subject = await _subject(tx, known["account_id"])
    await decide(tx, ingest, "identity.unlinked", subject, now, source=key[0], external_id=key[1], reason=reason)
    _must_hold(key not in await accounts.homes(tx, [key]), key)
    account: int = known["account_id"]
    return account


async def merge(tx: Writing, ingest: Ingest, account: int, into: int, *, now: dt.datetime, reason: str | None) -> None:
    """`account` and `into` are one company from now on, called `into`. Raises NotFound, Invalid, Conflict."""
    if account == into:
        raise Invalid("an account cannot be merged into itself", "name two accounts")
    key, subject = await _subject(tx, account), await _subject(tx, into)
    if await identities.merged_into(tx, account) is not None:
        raise Conflict(f"account {account} is merged already", "part it first: `steward accounts unmerge`")
    if into in await identities.below(tx, account):
        raise Conflict(f"account {into} is merged into {account}", "part them first: `steward accounts unmerge`")
    await decide(tx, ingest, "account.merged", subject, now, from_source=key[0], from_id=key[1], reason=reason)
    _must_hold(await identities.merged_into(tx, account) == into, key)


async def unmerge(tx: Writing, ingest: Ingest, account: int, *, now: dt.datetime, reason: str | None) -> int:
    """`account` stands by itself again, as if it had never been merged; from whom it parted. Raises NotFound,
    Conflict."""
    key = await _subject(tx, account)
    into = await identities.merged_into(tx, account)
    if into is None:
        raise Conflict(f"account {account} is not merged into another", "`steward accounts merge` does that")
    subject = await _subject(tx, into)
    await decide(tx, ingest, "account.unmerged", subject, now, from_source=key[0], from_id=key[1], reason=reason)
    _must_hold(await identities.merged_into(tx, account) is None, key)
    return into


def remedy(conflict: Row) -> str:
    """The commands that would do what a conflict may mean: the two are one company, or the key is the claimant's. A key
    that an account came into being under is its own."""
    claimant, holder = conflict["claimed_by"], conflict["linked_to"]
    if conflict["kind"] == "circle":
        return f"steward accounts unmerge {claimant}"
    link = f"steward unmatched link {conflict['source']} {shlex.quote(conflict['external_id'])} {claimant}"
    if holder is None:
        return link
    merge = f"steward accounts merge {holder} {claimant}"
    return merge if conflict["rule"] == "own" else f"{merge}; or {link}"


async def discard(tx: Writing, key: Key) -> int:
    """Gives up the events that wait under a key; how many. Raises NotFound."""
    gone = await unmatched.discard(tx, key)
    if not gone:
        raise NotFound(f"nothing waits for {_spelled(key)}", "`steward unmatched list` shows what waits")
    return gone


async def tell(tx: Writing, ingest: Ingest, account: int, kind: str, now: dt.datetime, **told: Any) -> bytes:
    """Accepts what somebody says of an account as an event; its id. Raises NotFound, and Invalid for what its contract
    does not allow."""
    return await decide(tx, ingest, kind, await _subject(tx, account), now, **told)


async def decide(tx: Writing, ingest: Ingest, kind: str, subject: Key, now: dt.datetime, **told: Any) -> bytes:
    """Accepts a decision as an event; its id. Raises Invalid for what its contract does not allow."""
    plain = {name: value for name, value in told.items() if value is not None}
    try:
        body = decode_body(kind, json.dumps(plain).encode())
    except Rejection as rejection:
        raise Invalid(rejection.words) from None
    number = await unmatched.next_number(tx)
    event = Event(uuid.uuid4().bytes, SOURCE, kind, subject, to_us(now), number, body, encode_body(kind, body))
    await ingest.accept(tx, [Arrival(event, to_us(now))], now)
    return event.id


async def _subject(tx: Writing, account: int) -> Key:
    key = await unmatched.own_key(tx, account)
    if key is None:
        raise NotFound(f"there is no account {account}", "name it by Steward's id of it")
    return key


def _must_hold(done: bool, key: Key) -> None:
    if not done:
        raise Conflict(f"something newer was decided about {_spelled(key)}", "look at `steward accounts conflicts`")


def _spelled(key: Key) -> str:
    return f"{key[0]}:{key[1]}"
