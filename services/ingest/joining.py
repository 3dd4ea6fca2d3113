"""Two accounts that arose apart become one once a source has said that they are one company: an account names, in its
`external_ids`, the very key that the other came into being under. Had it said so before the other spoke, there would
never have been two; so who speaks first does not matter.

What contradicts itself stays a conflict for people to decide. Each joining is an event like a person's decision: a
rebuild decides the same, and an un-merge holds.
"""

import datetime as dt
import json

from services.ingest.handle import Ingest
from services.ingest.nouns import Arrival
from services.ingest.store import joining as store
from services.ingest.store import unmatched
from shared.clock import to_us
from shared.database import Database, Row, Writing
from shared.facts import Event
from shared.native import decode_body, encode_body, event_id

SOURCE = "steward"
_MOST = 200


async def join_told(database: Database, ingest: Ingest, now: dt.datetime) -> int:
    """Merges the accounts that are told to be one into those that told so; how many. A few hundred in a transaction."""
    joined, some = 0, True
    while some:
        async with database.reading() as tx:
            some = bool(await store.told_to_be_one(tx, 1))
        if some:
            async with database.writing() as tx:
                decisions = [await _merge(tx, row, now) for row in await store.told_to_be_one(tx, _MOST)]
                done = (await ingest.accept(tx, decisions, now)).accepted
            joined, some = joined + done, done > 0
    return joined


async def _merge(tx: Writing, row: Row, now: dt.datetime) -> Arrival:
    """The decision, of which there is one for each pair of keys, whoever notices it."""
    reason = f"the account names {row['source']}:{row['external_id']} as its own"
    told = {"from_source": row["source"], "from_id": row["external_id"], "reason": reason[:300]}
    body = decode_body("account.merged", json.dumps(told).encode())
    id_ = event_id(SOURCE, "\0".join(("joined", row["source"], row["external_id"], row["own_source"], row["own_id"])))
    key, number = (row["own_source"], row["own_id"]), await unmatched.next_number(tx)
    raw = encode_body("account.merged", body)
    return Arrival(Event(id_, SOURCE, "account.merged", key, to_us(now), number, body, raw), to_us(now))
