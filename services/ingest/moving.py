"""People who move from one account to another: where they were they have left, with all that was known of them, and
where they are they are known by all that their source ever told of them.

What follows of a move is events of its own, under the keys of the accounts. They are worked out from everything that
was told of the person, so that neither order nor repetition matters; a rebuild works them out anew.
"""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from typing import NamedTuple

import msgspec

from services.ingest import gate, refolding
from services.ingest.linking import person_key
from services.ingest.memory import Memory
from services.ingest.nouns import Arrival, Share
from services.ingest.store import accounts, identities, moving
from services.ingest.store import events as event_store
from services.ingest.store import facts as fact_store
from services.ingest.store.accounts import Key
from services.ingest.store.moving import Followed, Statement
from shared.clock import DAY_US, to_us
from shared.database import Writing
from shared.native import event_id

_KINDS = frozenset({"person.moved", "identity.unlinked", "person.updated"})


class Stay(NamedTuple):
    """A person was at an account, `home`, told of under `key`, until the statement `end`, if it ended."""

    home: int
    key: Key
    end: Statement | None = None


class Outcome(NamedTuple):
    """What does not follow any more of a person's stays, and what does that did not; where they were, and are."""

    gone: list[Followed]
    new: list[Followed]
    homes: set[int]
    present: int | None


async def settle(
    tx: Writing, shares: Mapping[int, Share], homeless: Iterable[Arrival], memory: Memory, *, now: dt.datetime,
    partitions: int,
) -> None:  # fmt: skip
    """Keeps what a batch, which is folded by now, tells of where people are, and lets what follows of it be known. Who
    was just taken off their account is `homeless`."""
    telling = chain(homeless, *(share.telling for share in shares.values()))
    told = [one for one in telling if one.event.type in _KINDS]
    if not told:
        return
    await moving.note(tx, list(_statements(told)))
    people = await moving.moved(tx, {key for one in told if (key := _person(one)) is not None})
    changed = [person for person in people if _is_change(await _outcome(tx, person))]
    if changed:
        await gate.enter(tx, memory, alone=True)
    for person in changed:
        outcome = await _outcome(tx, person)
        if _is_change(outcome):
            await moving.lead(tx, person, outcome.homes, outcome.present)
            await _replace(tx, person, outcome, now, partitions)


def _is_change(outcome: Outcome) -> bool:
    return bool(outcome.gone or outcome.new)


def _person(one: Arrival) -> Key | None:
    """The key of the person of whom it tells."""
    event = one.event
    if event.type != "identity.unlinked":
        return person_key(event)
    return (event.body.source, event.body.external_id) if event.body.source.endswith(":person") else None


def _statements(told: Iterable[Arrival]) -> Iterable[tuple[Key, Statement]]:
    for one in told:
        event, person = one.event, _person(one)
        if person is not None and event.type != "person.updated":
            gone = event.type == "identity.unlinked"
            yield (
                person,
                Statement(event.account, gone, event.source, event.occurred_at, event.sequence, event.id, one.received),
            )


# --- what follows -------------------------------------------------------------------------------------


async def _outcome(tx: Writing, person: Key) -> Outcome:
    statements = await moving.statements(tx, person)
    homes = await accounts.homes(tx, {one.account for one in statements} | {person})
    stays = stays_of(person, statements, homes)
    survivors = await identities.survivors(tx, set(homes.values()))
    told = await moving.told(tx, person, set(survivors.values()), {one.teller for one in statements})
    homes |= await accounts.homes(tx, {one.key for one in told} - homes.keys())
    wanted = {one.id: one._replace(account=survivors[one.account]) for one in follows(person, stays, told, homes)}
    known = {one.id: one for one in await moving.followed(tx, person)}
    return Outcome(
        [known[id_] for id_ in sorted(known.keys() - wanted.keys())],
        [wanted[id_] for id_ in sorted(wanted.keys() - known.keys())],
        {stay.home for stay in stays},
        stays[-1].home if stays and stays[-1].end is None else None,
    )


async def _replace(tx: Writing, person: Key, outcome: Outcome, now: dt.datetime, partitions: int) -> None:
    """Takes away what does not follow any more, keeps what does, and tells the accounts anew."""
    changed = outcome.gone + outcome.new
    touched = {one.account for one in changed}
    versions = {account: version.number + 1 for account, version in (await fact_store.lock(tx, touched)).items()}
    await moving.forget(tx, [one.id for one in outcome.gone])
    await moving.keep(tx, person, outcome.new, versions)
    first = {account: min(one.at for one in changed if one.account == account) // DAY_US for account in touched}
    today = to_us(now) // DAY_US
    await event_store.correct(tx, {one: (versions[one], day) for one, day in sorted(first.items()) if day < today})
    await refolding.tell_anew(tx, touched, now, partitions)


def stays_of(person: Key, statements: Sequence[Statement], homes: Mapping[Key, int]) -> list[Stay]:
    """Where the person was, in order; the statements in order of their stamps. Whoever is gone by their own key is
    nowhere. Of keys that mean no account nothing is believed."""
    stays: list[Stay] = []
    for one in statements:
        home = homes.get(one.account)
        here = bool(stays) and stays[-1].end is None and (one.account == person or stays[-1].home == home)
        if one.gone and here:
            stays[-1] = stays[-1]._replace(end=one)
        elif one.account == person or home is None:
            continue
        elif one.gone:
            stays.insert(0, Stay(home, one.account, one))
        elif not here:
            if stays and stays[-1].end is None:
                stays[-1] = stays[-1]._replace(end=one)
            stays.append(Stay(home, one.account))
    return stays


def follows(
    person: Key, stays: Sequence[Stay], told: Sequence[Followed], homes: Mapping[Key, int]
) -> Iterable[Followed]:
    """The events that follow of the stays of a person, and of what was `told` of them under keys of `homes`. That
    somebody was taken off an account the source has said there itself."""
    for stay in stays:
        if stay.end is not None and not (stay.end.gone and stay.end.account != person):
            yield _left(person[1], stay, stay.end)
    for stay in {stay.home: stay for stay in stays}.values():
        for one in told:
            if homes.get(one.key) != stay.home and (stay.end is None or one.at < stay.end.at):
                yield one._replace(id=_id(one.id, stay), account=stay.home, key=stay.key)


def _left(person: str, stay: Stay, end: Statement) -> Followed:
    """A moment earlier: where the two accounts are one by now, the person is still there."""
    raw = msgspec.json.encode({"person_id": person, "reason": "removed" if end.gone else "moved"})
    place = (stay.home, stay.key, end.teller, "person.left")
    return Followed(_id(end.event, stay), *place, end.at - 1, end.sequence, end.received, raw)


def _id(cause: bytes, stay: Stay) -> bytes:
    return event_id("steward", f"moved:{cause.hex()}:{stay.key[0]}:{stay.key[1]}")
