"""Every row ends in exactly one way: taken, skipped by the mapping's own rule, or rejected with a reason."""

from typing import Any

import pytest

from services.ingest.sources.files import NOTHING_APPLIES
from shared.clock import to_us
from shared.errors import Reason
from shared.native import event_id
from tests.import_.stories import NOW, accounts_file, row, usage_file

ACME = {"id": "1", "name": "Acme", "since": "2024-02-29", "owner": "ada@example.com"}
TICKETS = {
    "path": "tickets.csv",
    "account": "account",
    "skip": [{"when": [{"column": "kind", "equals": "spam"}], "because": "spam"}],
    "events": [
        {
            "name": "opened",
            "type": "ticket.updated",
            "id": "ticket-{id}-opened",
            "occurred_at": "opened",
            "fields": {"ticket_id": "id", "status": {"constant": "open"}, "opened_at": "opened"},
        },
        {
            "name": "resolved",
            "type": "ticket.updated",
            "id": "ticket-{id}-resolved",
            "occurred_at": "resolved",
            "when": [{"column": "resolved", "empty": False}],
            "fields": {
                "ticket_id": "id",
                "status": {"constant": "solved"},
                "opened_at": "opened",
                "resolved_at": "resolved",
            },
        },
    ],
}


def ticket(opened: str, resolved: str = "", **more: str) -> dict[str, str]:
    return {"id": "7", "account": "1", "kind": "bug", "opened": opened, "resolved": resolved} | more


def test_a_row_becomes_the_event_that_would_come_live() -> None:
    event = row(ACME, accounts_file()).events[0].event
    assert event.id == event_id("crm", "account-1")
    assert (event.source, event.type, event.account, event.sequence) == ("crm", "account.updated", ("native", "1"), 0)
    assert (event.body.name, event.body.customer_since.isoformat()) == ("Acme", "2024-02-29")


def test_an_empty_cell_says_nothing() -> None:
    event = row(ACME | {"owner": " "}, accounts_file()).events[0].event
    assert event.body.model_fields_set == {"name", "customer_since"}


def test_a_row_that_changes_has_what_it_says_in_its_id() -> None:
    file = accounts_file(mutable=True)
    first, same, other = (row(cells, file).events[0] for cells in (ACME, ACME, ACME | {"name": "Acme Ltd"}))
    assert first.event.id == same.event.id != other.event.id
    assert first.own_id == other.own_id == "account-1"
    assert first.event.sequence == to_us(NOW)


def test_columns_that_are_not_mapped_change_nothing() -> None:
    file = accounts_file(mutable=True)
    one, two = (row(ACME | {"created_at": at}, file).events[0].event.id for at in ("1", "2"))
    assert one == two


def test_the_exports_own_instant_is_no_change() -> None:
    told = row(ACME, accounts_file(mutable=True, occurred_at="exported_at")).events[0]
    assert told.event.occurred_at == to_us(NOW)
    assert told.told == row(ACME, accounts_file(mutable=True, occurred_at="exported_at")).events[0].told


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"id": ""}, Reason.NOT_A_CLOUDEVENT),
        ({"id": "x" * 300}, Reason.NOT_A_CLOUDEVENT),
        ({"id": "\ud800"}, Reason.NOT_A_CLOUDEVENT),
        ({"since": ""}, Reason.MISSING_TIME),
        ({"since": "29-02-2024"}, Reason.INVALID_TIME),
        ({"since": "2026-07-28"}, Reason.TOO_FAR_AHEAD),
        ({"since": "1950-01-01"}, Reason.INVALID_TIME),
        ({"name": "nul\x00"}, Reason.INVALID_PAYLOAD),
        ({"name": "x" * 301}, Reason.INVALID_PAYLOAD),
    ],
)
def test_a_bad_row_is_rejected_with_its_reason(change: dict[str, Any], reason: Reason) -> None:
    outcome = row(ACME | change, accounts_file())
    assert outcome.events == ()
    assert outcome.rejected is not None
    assert outcome.rejected.rejection.reason == reason


def test_a_row_without_an_account_is_rejected() -> None:
    outcome = row({"account": "", "day": "2026-07-01", "logins": "3"}, usage_file(id="u-{day}"))
    assert outcome.rejected is not None
    assert outcome.rejected.rejection.reason == Reason.MISSING_ACCOUNT


@pytest.mark.parametrize("name", ["Ünïcode 🚀", "شركة", 'Smith, "Jr."\nand sons'])
def test_names_of_any_letters_are_kept(name: str) -> None:
    assert row(ACME | {"name": name}, accounts_file()).events[0].event.body.name == name


def test_the_last_moment_of_the_export_is_known_and_the_next_is_not() -> None:
    assert row(ACME | {"since": "2026-07-27T23:59:59.999999Z"}, accounts_file()).events
    assert row(ACME | {"since": "2026-07-28T00:00:00Z"}, accounts_file()).rejected


def test_a_row_may_stand_for_several_events() -> None:
    outcome = row(ticket("2026-07-01", "2026-07-03"), TICKETS)
    assert [mapped.event.body.status for mapped in outcome.events] == ["open", "solved"]


def test_a_resolution_that_lies_ahead_is_parked_and_the_ticket_stays_open() -> None:
    outcome = row(ticket("2026-07-26", "2026-08-03"), TICKETS)
    assert [mapped.event.body.status for mapped in outcome.events] == ["open"]
    assert [(refused.name, refused.rejection.reason) for refused in outcome.parked] == [
        ("resolved", Reason.TOO_FAR_AHEAD)
    ]


def test_a_row_whose_first_event_cannot_be_is_rejected_once() -> None:
    outcome = row(ticket("2026-08-01", "2026-08-03"), TICKETS)
    assert (outcome.events, outcome.parked) == ((), ())
    assert outcome.rejected is not None
    assert outcome.rejected.name == "opened"


def test_a_resolution_before_the_opening_is_parked_alone() -> None:
    outcome = row(ticket("2026-07-10", "2026-07-01"), TICKETS)
    assert len(outcome.events) == 1
    assert outcome.parked[0].rejection.reason == Reason.INVALID_PAYLOAD


def test_the_mapping_skips_what_it_names() -> None:
    assert row(ticket("2026-07-01", kind="Spam"), TICKETS).skipped == "spam"


def test_a_row_that_stands_for_nothing_is_skipped() -> None:
    file = accounts_file(when=[{"column": "name", "empty": True}])
    assert row(ACME, file).skipped == NOTHING_APPLIES
