"""Facts say in which version each of their areas last changed."""

from services.ingest.handle import Ingest
from services.ingest.store.accounts import account_id
from shared.clock import from_us
from shared.database import Database
from shared.fold.areas import ACTIVITY, AREAS, BEGINNING, EVERYTHING, areas_of, changed_since
from shared.settings import Settings
from tests.ingest.stories import DAY, START, as_text, record

BILLING, CRM = areas_of(["invoice.updated"]), areas_of(["account.updated"])
INVOICE = {"invoice_id": "i1", "status": "open", "amount": "120.00", "issued_at": as_text(START)}


async def tell(database: Database, kind: str, body: dict[str, object], *, day: int = 0) -> int:
    """A process that remembers nothing takes an event; the areas that changed by it."""
    at = START + day * DAY
    told = record(kind, body, ce_id=f"{kind} {day} {body}", ce_time=as_text(at))._replace(timestamp=at // 1_000)
    async with database.writing() as tx:
        before = await tx.value("SELECT version FROM facts")
        await Ingest(Settings()).on_records(tx, [told], from_us(START + 3 * DAY))
        packed = await tx.value("SELECT changed FROM facts WHERE account_id = $1", account_id(("native", "acme")))
    return changed_since(packed, before or 0)


async def test_an_event_changes_its_own_area_alone(database: Database) -> None:
    assert await tell(database, "account.updated", {"name": "Acme"}) & CRM
    assert await tell(database, "usage.recorded", {"person_id": "p1"}) == ACTIVITY | BEGINNING
    assert await tell(database, "usage.recorded", {"person_id": "p2"}) == ACTIVITY
    assert await tell(database, "invoice.updated", INVOICE) == BILLING
    assert await tell(database, "login.recorded", {"person_id": "p1"}, day=2) == ACTIVITY
    async with database.reading() as reading:
        packed = await reading.value("SELECT changed FROM facts")
    assert changed_since(packed, 3) == ACTIVITY | BILLING


async def test_a_use_of_an_earlier_day_is_a_new_beginning(database: Database) -> None:
    await tell(database, "account.updated", {"name": "Acme"})
    await tell(database, "usage.recorded", {"person_id": "p1"}, day=2)
    assert await tell(database, "usage.recorded", {"person_id": "p1"}, day=1) == ACTIVITY | BEGINNING


def test_an_area_has_its_own_types() -> None:
    kinds = [kind for some in AREAS.values() for kind in some]
    assert len(kinds) == len(set(kinds))
    assert changed_since(b"", 7) == EVERYTHING
