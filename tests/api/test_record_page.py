"""The page of an account of which every kind of event is known."""

import datetime as dt

import pytest
from fastapi import FastAPI

from services.api.console.words import said
from services.ingest.store.accounts import account_id
from shared.contracts import NATIVE
from shared.database import Database
from tests.api.conftest import Client
from tests.cast import NOW
from tests.ingest.identity_world import ACME, World, told
from tests.ingest.test_events_doc import example

DECISIONS = {"account.deleted", "account.merged", "account.unmerged", "identity.linked", "identity.unlinked",
             "person.linked", "person.moved", "person.erased"}  # fmt: skip
MANY = {"usage.recorded", "login.recorded", "session.recorded"}
TOLD = sorted(NATIVE.keys() - DECISIONS)


@pytest.fixture
async def world(app: FastAPI, database: Database) -> World:
    """Acme, of which the examples of docs/events.md were told."""
    world = World(database)
    await world.hear(
        *[told(kind, id=kind, at=NOW - dt.timedelta(minutes=n), **example(kind)) for n, kind in enumerate(TOLD)]
    )
    return world


async def test_every_kind_of_event_has_its_line_but_for_those_that_are_many(world: World, visitor: Client) -> None:
    page = (await visitor.get(f"/accounts/{account_id(ACME)}")).text
    person = example("person.updated")
    names = {person["person_id"]: person["name"]}
    for kind in set(TOLD) - MANY:
        assert said(kind, example(kind), names) in page.replace("&#39;", "'"), kind
    assert "spent 12.5 minutes" not in page


async def test_every_kind_of_event_opens(world: World, visitor: Client) -> None:
    for (id_,) in await world.rows("SELECT id FROM events"):
        page = await visitor.get(f"/accounts/{account_id(ACME)}/events/{id_.hex()}")
        assert page.status_code == 200
