"""Segment's messages on their accounts: what names only a person waits, and is placed once the person is known."""

from services.ingest.nouns import Arrival
from services.ingest.store.accounts import account_id
from shared.clock import from_us
from shared.database import Database
from shared.facts import Event
from shared.native import event_id, parse_time
from tests.ingest.identity_world import World
from tests.ingest.test_segment import IN_ACME, SAID, told


async def test_what_a_person_did_before_their_group_was_known_is_placed_at_its_own_time(database: Database) -> None:
    world = World(database)
    early = told(type="track", event="Report Exported", userId="mia", messageId="m-1")
    await world.hear(*heard(early, "m-1"))
    assert await world.waiting() == 1
    await world.hear(*heard(told(type="group", groupId="acme", userId="mia", traits={"name": "Acme"}), "m-2"))
    await world.sweep()
    assert await world.waiting() == 0
    [row] = await world.rows("SELECT account_id, occurred_at FROM events WHERE type = 'usage.recorded'")
    assert row == (account_id(("native", "acme")), from_us(parse_time(SAID)))


async def test_an_alias_brings_along_what_the_former_id_did(database: Database) -> None:
    world = World(database)
    await world.hear(*heard(told(type="group", groupId="acme", userId="mia"), "m-1"))
    await world.hear(*heard(told(type="page", anonymousId="anon-1"), "m-2"))
    assert await world.waiting() == 1
    await world.hear(*heard(told(type="alias", previousId="anon-1", **IN_ACME), "m-3"))
    await world.sweep()
    assert await world.waiting() == 0


def heard(events: list[Event], own_id: str) -> list[Arrival]:
    """The events of a message of that id, as they arrive."""
    ids = [event_id("segment", f"{own_id}:{n}" if n else own_id) for n in range(len(events))]
    return [Arrival(event._replace(id=one), event.occurred_at) for one, event in zip(ids, events, strict=True)]
