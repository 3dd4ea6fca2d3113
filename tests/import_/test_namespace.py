"""Whose ids a file has: an export of a CRM is about the accounts that the CRM's changes are about."""

from pathlib import Path

from services.ingest.store.accounts import account_id
from shared.database import Database
from tests.import_.stories import accounts_file, imported, mapping, row, write
from tests.ingest.identity_world import World, told

CELLS = {"id": "001A", "name": "Acme", "since": "2024-01-31", "owner": "ada@example.com"}


def test_a_file_has_our_own_ids_unless_it_says_otherwise() -> None:
    keys = [
        row(CELLS, accounts_file()).events[0].event.account,
        row(CELLS, accounts_file(), namespace="salesforce").events[0].event.account,
        row(CELLS, accounts_file() | {"namespace": "hubspot"}, namespace="salesforce").events[0].event.account,
    ]
    assert keys == [("native", "001A"), ("salesforce", "001A"), ("hubspot", "001A")]


async def test_an_export_of_a_crm_refreshes_the_account_that_its_changes_made(
    database: Database, tmp_path: Path
) -> None:
    world = World(database)
    await world.hear(told("account.updated", ("salesforce", "001A"), id="1"))
    write(tmp_path, accounts="id,name,since,owner\n001A,Acme,2026-05-31,ada@example.com\n")
    await imported(database, tmp_path, mapping(accounts_file(), namespace="salesforce"))
    assert await world.rows("SELECT id, name FROM accounts") == [(account_id(("salesforce", "001A")), "Acme")]
