"""Where people are said to work, and the events that follow of their moves."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

from services.ingest.store.accounts import Key
from shared.clock import from_us, to_us
from shared.database import Reading, Row, Writing


class Statement(NamedTuple):
    """A source, `teller`, said that a person works for the account of a key from an instant on, or does not any more
    (`gone`). Times are µs."""

    account: Key
    gone: bool
    teller: str
    at: int
    sequence: int
    event: bytes
    received: int


class Followed(NamedTuple):
    """An event of an account, as it is kept; `account` is where it counts. Times are µs."""

    id: bytes
    account: int
    key: Key
    teller: str
    type: str
    at: int
    sequence: int
    received: int
    raw: bytes


async def note(tx: Writing, told: Iterable[tuple[Key, Statement]]) -> None:
    """Keeps statements about people, by the people's keys."""
    rows = [(*person, *one.account, *one[1:]) for person, one in told]
    if rows:
        sources, ids, spaces, keys, gone, tellers, at, sequences, events, received = zip(*rows, strict=True)
        await tx.execute(
            """
            INSERT INTO person_moves
                   (source, external_id, account_source, account_key, gone, teller, occurred_at, sequence, event_id,
                    received_at)
            SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::boolean[], $6::text[],
                                 $7::timestamptz[], $8::bigint[], $9::bytea[], $10::timestamptz[])
            ON CONFLICT DO NOTHING
            """,
            list(sources), list(ids), list(spaces), list(keys), list(gone), list(tellers),
            [from_us(one) for one in at], list(sequences), list(events), [from_us(one) for one in received],
        )  # fmt: skip


async def moved(tx: Reading, people: Collection[Key]) -> list[Key]:
    """Those of the people who are said to have been at several accounts, in order."""
    rows = await tx.fetch(
        """
        SELECT m.source, m.external_id FROM person_moves m
          JOIN unnest($1::text[], $2::text[]) AS k(source, external_id)
            ON m.source = k.source AND m.external_id = k.external_id
         GROUP BY m.source, m.external_id HAVING count(DISTINCT (m.account_source, m.account_key)) > 1
         ORDER BY m.source, m.external_id
        """,
        [source for source, _ in people], [name for _, name in people],
    )  # fmt: skip
    return [(row["source"], row["external_id"]) for row in rows]


async def statements(tx: Reading, person: Key) -> list[Statement]:
    """What was said of where a person works, in the order of the stamps."""
    rows = await tx.fetch(
        """
        SELECT account_source, account_key, gone, teller, occurred_at, sequence, event_id, received_at
          FROM person_moves WHERE source = $1 AND external_id = $2 ORDER BY occurred_at, sequence, event_id
        """,
        *person,
    )
    return [Statement((row[0], row[1]), row[2], row[3], to_us(row[4]), row[5], row[6], to_us(row[7])) for row in rows]


async def told(tx: Reading, person: Key, accounts: Collection[int], tellers: Collection[str]) -> list[Followed]:
    """What these sources told of a person, of all that counts for these accounts, but for what follows of moves; and
    what waits under the person's key, as if of account 0."""
    rows = await tx.fetch(
        """
        SELECT e.id, e.account_id, e.account_source, e.account_key, e.source, e.type, e.occurred_at, e.sequence,
               e.received_at, e.payload
          FROM telling_events e
         WHERE e.account_id = ANY($1::bigint[]) AND e.type = 'person.updated' AND e.source = ANY($2::text[])
           AND convert_from(e.payload, 'UTF8')::jsonb ->> 'person_id' = $4
           AND NOT EXISTS (SELECT FROM moved_events m WHERE m.id = e.id)
         UNION ALL
        SELECT id, 0::bigint, account_source, account_key, source, type, occurred_at, sequence, received_at, payload
          FROM unmatched
         WHERE account_source = $3 AND account_key = $4 AND type = 'person.updated' AND source = ANY($2::text[])
        """,
        list(accounts), list(tellers), *person,
    )  # fmt: skip
    return [_followed(row) for row in rows]


async def followed(tx: Reading, person: Key) -> list[Followed]:
    """The events that are kept because the person has moved."""
    rows = await tx.fetch(
        """
        SELECT e.id, e.account_id, e.account_source, e.account_key, e.source, e.type, e.occurred_at, e.sequence,
               e.received_at, e.payload
          FROM moved_events m JOIN telling_events e ON e.id = m.id
           AND e.type IN ('person.left', 'person.updated')
         WHERE m.source = $1 AND m.external_id = $2
        """,
        *person,
    )
    return [_followed(row) for row in rows]


def _followed(row: Row) -> Followed:
    return Followed(row[0], row[1], (row[2], row[3]), row[4], row[5], to_us(row[6]), row[7], to_us(row[8]), row[9])


async def forget(tx: Writing, ids: Sequence[bytes]) -> None:
    """Takes away events that do not follow any more."""
    await tx.execute("DELETE FROM moved_events WHERE id = ANY($1::bytea[])", list(ids))
    await tx.execute(
        "DELETE FROM telling_events WHERE id = ANY($1::bytea[]) AND type IN ('person.left', 'person.updated')",
        list(ids),
    )


async def keep(tx: Writing, person: Key, events: Sequence[Followed], versions: Mapping[int, int]) -> None:
    """Keeps events that follow, folded into these versions of their accounts."""
    await tx.copy("moved_events", ("id", "source", "external_id"), [(one.id, *person) for one in events])
    await tx.copy(
        "telling_events",
        ("id", "source", "type", "account_id", "account_source", "account_key", "occurred_at", "received_at",
         "sequence", "version", "payload"),
        [
            (one.id, one.teller, one.type, one.account, *one.key, from_us(one.at), from_us(one.received), one.sequence,
             versions[one.account], one.raw)
            for one in events
        ],
    )  # fmt: skip


async def lead(tx: Writing, person: Key, homes: Collection[int], present: int | None) -> None:
    """Lets the ids and addresses of a person lead to the account where they are, and to no other of `homes`."""
    if present is None:
        return
    await tx.execute(
        """
        INSERT INTO person_keys (source, external_id, account_id, person_id)
        SELECT DISTINCT source, external_id, $3::bigint, person_id FROM person_keys
         WHERE person_id = $1 AND account_id = ANY($2::bigint[]) ON CONFLICT DO NOTHING
        """,
        person[1], list(homes), present,
    )  # fmt: skip
    await tx.execute(
        "UPDATE person_keys SET moved_on = account_id <> $3 WHERE person_id = $1 AND account_id = ANY($2::bigint[])",
        person[1], list(homes), present,
    )  # fmt: skip
