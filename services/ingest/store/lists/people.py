"""People at accounts: what they are called, the part they play, whether they have left."""

from services.ingest.store.lists.pieces import Pieces, Said, Thing, hear, write
from services.ingest.store.lists.telling import Telling, stamp_of, told_at
from shared.clock import from_us
from shared.database import Writing
from shared.facts import Event

KINDS = ("person.updated", "person.left")
TABLES = ("people",)

_PEOPLE = Pieces(
    "people", "person_id",
    (("name", "text"), ("first_name", "text"), ("last_name", "text"), ("email", "text"), ("title", "text"),
     ("role", "text"), ("department", "text"), ("level", "text"), ("relationship_strength", "smallint"),
     ("engaged", "boolean"), ("email_bounced", "boolean"), ("left_at", "timestamptz"), ("left_reason", "text"),
     ("updated_at", "timestamptz")),
)  # fmt: skip


async def save(tx: Writing, telling: Telling) -> None:
    """Brings people up to what was told. Who is told of after leaving is back."""
    said = [
        *(_update(account, event) for account, event in telling.of("person.updated")),
        *(_departure(account, event) for account, event in telling.of("person.left")),
    ]
    people = await hear(tx, _PEOPLE, said)
    for person in people.values():
        _settle(person)
    await write(tx, _PEOPLE, people)


def _update(account: int, event: Event) -> Said:
    """`present` is no column: its stamp says when the person was told of last."""
    body = event.body
    named = {name: getattr(body, name) for name in body.model_fields_set - {"person_id"}}
    return Said(account, body.person_id, stamp_of(event), named | {"present": True, "updated_at": _at(event)})


def _departure(account: int, event: Event) -> Said:
    gone = {"left_at": _at(event), "left_reason": event.body.reason}
    return Said(account, event.body.person_id, stamp_of(event), gone)


def _at(event: Event) -> object:
    return from_us(event.occurred_at)


def _settle(person: Thing) -> None:
    """Who was told of after leaving is back, but for mail that comes back, which is a departure, too; a name is made
    of its parts where these were told later than the whole."""
    if person.heard.get("left_at", b"") < person.heard.get("present", b""):
        bounced = from_us(told_at(person.heard["email_bounced"])) if person.values.get("email_bounced") else None
        person.values |= {"left_at": bounced, "left_reason": "bounced" if bounced else None}
    if "updated_at" not in person.heard:
        person.values["updated_at"] = person.values["left_at"]
    parts = ("first_name", "last_name")
    if max(person.heard.get(part, b"") for part in parts) > person.heard.get("name", b""):
        person.values["name"] = " ".join(filter(None, map(person.values.get, parts))) or None
