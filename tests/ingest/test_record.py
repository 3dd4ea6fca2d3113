"""The customer record for reading: rows that do not depend on the order in which it was told."""

import datetime as dt
import json
import random
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.ingest.store import lists
from services.ingest.store.lists.telling import pack
from shared.contracts import NATIVE
from shared.database import Database, Writing
from shared.facts import Event, Facts
from shared.fold import ACTIVITY, RULES, fold
from tests.ingest.payloads import payloads_of
from tests.ingest.stories import DAY, START, event

JANUARY = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
KINDS = [kind for kind in NATIVE if kind not in ACTIVITY]
MARKS = {"account.updated", "account.deleted", "account.refresh_needed", "account.refreshed"}
LISTED = [
    kind for room in (lists.accounts, lists.people, lists.plans, lists.interactions, lists.support)
    for kind in room.KINDS if kind not in MARKS
]  # fmt: skip


class Record:
    """The lists of accounts 1 and 2, told in batches."""

    def __init__(self, tx: Writing) -> None:
        self.tx = tx
        self.known = {1: Facts(), 2: Facts()}

    async def begin(self) -> None:
        for account in self.known:
            for table in (*lists.TABLES, "accounts"):
                key = "id" if table == "accounts" else "account_id"
                await self.tx.execute(f"DELETE FROM {table} WHERE {key} = $1", account)
            await self.tx.execute("INSERT INTO accounts (id, name, created_at) VALUES ($1, 'acme', now())", account)

    async def hear(self, *events: Event, account: int = 1) -> None:
        self.known[account], _ = fold(self.known[account], {}, events)
        await lists.save_all(self.tx, [(account, self.known[account], events)])

    async def row(self, table: str) -> dict[str, Any]:
        (row,) = await self.tx.fetch(f"SELECT * FROM {table}")
        return dict(row)

    async def everything(self) -> dict[str, list[str]]:
        return {
            table: sorted(row[0] for row in await self.tx.fetch(f"SELECT to_jsonb(t)::text FROM {table} t"))
            for table in lists.TABLES
        }


@pytest.fixture
async def record(database: Database) -> Any:
    async with database.writing() as tx:
        told = Record(tx)
        await told.begin()
        yield told


@st.composite
def batches(draw: st.DrawFn) -> list[Event]:
    told = []
    for number in range(draw(st.integers(1, 20))):
        kind = draw(st.sampled_from(LISTED))
        at = START + draw(st.integers(0, 3)) * DAY
        told.append(event(kind, at, number, draw(st.integers(-1, 1)), **draw(payloads_of(kind))))
    return told


async def told_in(record: Record, events: list[Event], chunk: int) -> dict[str, list[str]]:
    await record.begin()
    record.known = {1: Facts(), 2: Facts()}
    for start in range(0, len(events), chunk):
        await record.hear(*events[start : start + chunk])
    return await record.everything()


async def test_any_order_gives_the_same_rows(database: Database) -> None:
    """Drawn here, because a property cannot wait for a database."""
    drawn: list[list[Event]] = []

    @settings(max_examples=40, database=None, suppress_health_check=list(HealthCheck))
    @given(batches())
    def draw(events: list[Event]) -> None:
        drawn.append(events)

    draw()
    async with database.writing() as tx:
        record = Record(tx)
        for seed, events in enumerate(drawn):
            mixed = random.Random(seed).sample(events, len(events))
            assert await told_in(record, mixed, 1 + seed % 5) == await told_in(record, events, 20), events


def test_every_type_that_tells_of_more_than_a_count_is_listed_or_is_known_to_be_none() -> None:
    counted = {
        "milestone.reached", "sponsor.updated", "community.recorded", "session.recorded", "workflow.recorded",
        "data_quality.reported", "integration.updated", "help.used", "usage.reported",
    }  # fmt: skip
    crm_product_support = {kind for kind in KINDS if NATIVE[kind][0] != "billing.events"}
    decisions = {kind for kind in crm_product_support if RULES[kind].__module__ == "shared.fold.steward"}
    assert crm_product_support - decisions == {*LISTED, *MARKS, *counted}


@given(st.lists(st.tuples(st.integers(0, 2**60), st.integers(-(2**62), 2**62), st.binary(min_size=16, max_size=16))))
def test_packed_stamps_sort_as_stamps_do(stamps: list[tuple[int, int, bytes]]) -> None:
    assert [pack(stamp) for stamp in sorted(stamps)] == sorted(map(pack, stamps))


async def test_a_stakeholder_is_told_by_several_sources(record: Record) -> None:
    await record.hear(
        event("person.updated", START + 1, 1, person_id="mia", relationship_strength=4, engaged=True),
        event(
            "person.updated", START, 2, person_id="mia", first_name="Mia", last_name="Chen", email="mia@acme.example"
        ),
    )
    await record.hear(event("person.updated", START + 2, 3, person_id="mia", level="vp", engaged=False))
    mia = await record.row("people")
    assert (mia["called"], mia["email"], mia["level"]) == ("Mia Chen", "mia@acme.example", "vp")
    assert (mia["relationship_strength"], mia["engaged"]) == (4, False)
    assert mia["updated_at"] == JANUARY + dt.timedelta(microseconds=2)


async def test_null_empties_and_silence_does_not(record: Record) -> None:
    await record.hear(event("person.updated", START, 1, person_id="mia", name="Mia", title="Boss", role="champion"))
    await record.hear(event("person.updated", START + 1, 2, person_id="mia", title=None))
    mia = await record.row("people")
    assert (mia["name"], mia["title"], mia["role"]) == ("Mia", None, "champion")


async def test_a_person_leaves_and_comes_back(record: Record) -> None:
    await record.hear(event("person.left", START, 1, person_id="mia", reason="bounced"))
    mia = await record.row("people")
    assert (mia["left_at"], mia["left_reason"]) == (JANUARY, "bounced")
    await record.hear(event("person.updated", START + 1, 2, person_id="mia", name="Mia"))
    assert (await record.row("people"))["left_at"] is None


async def test_a_person_whose_mail_comes_back_is_gone_until_it_does_not(record: Record) -> None:
    await record.hear(event("person.updated", START, 1, person_id="mia", email_bounced=True))
    await record.hear(event("person.updated", START + 1, 2, person_id="mia", name="Mia"))
    mia = await record.row("people")
    assert (mia["left_at"], mia["left_reason"]) == (JANUARY, "bounced")
    await record.hear(event("person.updated", START + 2, 3, person_id="mia", email_bounced=False))
    assert (await record.row("people"))["left_at"] is None


async def test_a_ticket_told_whole_or_by_its_changes(record: Record) -> None:
    await record.hear(
        event(
            "ticket.updated", START, 1, ticket_id="t", status="open", subject="Export stays empty", category="reports",
            opened_at="2025-12-31T00:00:00Z", first_response_at="2026-01-01T00:00:00Z", requester_id="mia", reopened=1,
        )
    )  # fmt: skip
    await record.hear(event("ticket.changed", START + 1, 2, ticket_id="t", status="solved", priority=None))
    ticket = await record.row("tickets")
    assert (ticket["status"], ticket["priority"], ticket["subject"]) == ("solved", "normal", "Export stays empty")
    assert (ticket["first_response_at"], ticket["requester_id"], ticket["reopened"]) == (JANUARY, "mia", 1)


async def test_a_ticket_of_unknown_opening_counts_from_its_oldest_event(record: Record) -> None:
    await record.hear(event("ticket.changed", START + DAY, 1, ticket_id="t", status="solved"))
    await record.hear(event("ticket.changed", START, 2, ticket_id="t", category="reports"))
    assert (await record.row("tickets"))["opened_at"] == JANUARY
    assert record.known[1].tickets["t"].opened_at == START


async def test_a_deal_keeps_what_was_not_named(record: Record) -> None:
    await record.hear(event("opportunity.updated", START, 1, opportunity_id="o", name="Second site", amount="24000.5"))
    await record.hear(
        event("opportunity.updated", START + 1, 2, opportunity_id="o", status="won", closes_on="2026-02-01")
    )
    deal = await record.row("opportunities")
    assert (deal["name"], deal["kind"], deal["status"]) == ("Second site", "new", "won")
    assert (deal["amount"], deal["closes_on"]) == (Decimal("24000.5"), dt.date(2026, 2, 1))


async def test_a_success_plan_is_there_in_its_own_words(record: Record) -> None:
    objective = {"objective_id": "o", "name": "Days to close", "baseline": 9, "target": 4, "due_on": "2026-03-31"}
    await record.hear(
        event(
            "success_plan.updated", START, 1, plan_id="p", name="Faster month end", objectives=[objective],
            milestones=[{"milestone_id": "m", "name": "Bank feeds"}], risks=[{"risk_id": "r", "words": "Leave in May"}],
        )
    )  # fmt: skip
    plan = await record.row("success_plans")
    (told,) = json.loads(plan["objectives"])
    assert (plan["name"], plan["status"], told["name"], told["due_on"]) == (
        "Faster month end", "active", "Days to close", "2026-03-31",
    )  # fmt: skip
    assert json.loads(plan["risks"])[0]["severity"] == "medium"


async def test_an_older_state_changes_no_row(record: Record) -> None:
    await record.hear(event("roi.recorded", START + 1, 1, roi_id="r", actual="80", confirmed=True))
    await record.hear(event("roi.recorded", START, 2, roi_id="r", actual="10"))
    item = await record.row("roi_items")
    assert (item["actual"], item["confirmed"], item["promised"]) == (Decimal(80), True, None)


async def test_handoffs_exits_advocacy_and_surveys_have_rows(record: Record) -> None:
    await record.hear(
        event("handoff.updated", START, 1, handoff_id="h", status="complete", goals="Close the books."),
        event("exit_interview.recorded", START, 2, interview_id="x", reason="competitor", competitor="Globex"),
        event("advocacy.recorded", START, 3, advocacy_id="a", kind="review", person_id="mia"),
        event(
            "survey.response", START, 4, survey_id="s", survey_type="nps", score=9, respondent={"email": "m@x.example"}
        ),
    )
    assert (await record.row("handoffs"))["goals"] == "Close the books."
    assert (await record.row("exit_interviews"))["competitor"] == "Globex"
    assert (await record.row("advocacy"))["person_id"] == "mia"
    assert (await record.row("surveys"))["email"] == "m@x.example"


async def test_what_passed_between_us_is_one_list(record: Record) -> None:
    await record.hear(
        event("meeting.updated", START, 1, meeting_id="1", status="held", starts_at="2026-01-01T00:00:00Z",
              person_ids=["mia", "noor"], subject="Kickoff"),
        event("outreach.sent", START, 2, outreach_id="1", person_id="mia"),
        event("reply.received", START + 1, 3, reply_id="1", outreach_id="1"),
        event("note.added", START + 2, 4, note_id="1", text="Budget talks begin in May.", author="ada@example.com"),
        event("feedback.given", START + 3, 5, feedback_id="1", sentiment="negative", text="Too slow."),
        event("competitor.mentioned", START + 4, 6, mention_id="1", competitor="Globex"),
    )  # fmt: skip
    rows = await record.tx.fetch("SELECT kind, what, person_ids FROM interactions ORDER BY at, kind")
    assert [(row["kind"], row["what"], json.loads(row["person_ids"])) for row in rows] == [
        ("meeting", "check_in", ["mia", "noor"]), ("outreach", "email", ["mia"]), ("reply", "1", []),
        ("note", None, []), ("feedback", "product", []), ("mention", "Globex", []),
    ]  # fmt: skip


async def test_a_meeting_is_told_whole_or_a_field_at_a_time(record: Record) -> None:
    """In one batch or in several, in any order."""
    start = dt.datetime(2026, 1, 2, 10, tzinfo=dt.UTC)
    await record.hear(event("meeting.changed", START + 2, 3, meeting_id="1", status="held", absent_ids=["noor"]))
    await record.hear(event("outreach.sent", START, 4, outreach_id="1", person_id="mia"))
    assert (await record.row("interactions WHERE kind = 'meeting'"))["at"] == JANUARY + dt.timedelta(microseconds=2)
    await record.hear(
        event("meeting.changed", START, 1, meeting_id="1", kind="training", subject="Reports", status="scheduled"),
        event("meeting.changed", START + 1, 2, meeting_id="1", starts_at=start.isoformat(), person_ids=["mia", "noor"]),
    )
    meeting = await record.row("interactions WHERE kind = 'meeting'")
    assert (meeting["what"], meeting["status"], meeting["subject"]) == ("training", "held", "Reports")
    assert (meeting["at"], json.loads(meeting["person_ids"])) == (start, ["mia", "noor"])
    assert json.loads(meeting["absent_ids"]) == ["noor"]


async def test_accounts_know_that_they_are_deleted_or_need_a_refresh(record: Record) -> None:
    await record.hear(
        event("account.updated", START, 1, name="Acme", website="acme.example", strategic=True, plan="Team")
    )
    await record.hear(event("account.refresh_needed", START + 1, 2), event("account.deleted", START + 1, 3))
    one = "SELECT name, website, strategic, plan, deleted_at, refresh_since FROM accounts WHERE id = 1"
    at = JANUARY + dt.timedelta(microseconds=1)
    assert [tuple(row) for row in await record.tx.fetch(one)] == [("Acme", "acme.example", True, "Team", at, at)]
    await record.hear(event("account.updated", START + 2, 4, name="Acme"))
    assert [tuple(row)[-2:] for row in await record.tx.fetch(one)] == [(None, at)]
    await record.hear(event("account.refreshed", START + 3, 5))
    assert [tuple(row)[-2:] for row in await record.tx.fetch(one)] == [(None, None)]


async def test_capacity_is_one_row_of_what_was_told_last(record: Record) -> None:
    await record.hear(event("capacity.reported", START + 1, 1, licensed_seats=40, used_seats=31))
    await record.hear(event("capacity.reported", START, 2, used_seats=2, storage_gb=12.5), account=1)
    await record.hear(event("capacity.reported", START, 3, used_seats=7), account=2)
    rows = await record.tx.fetch("SELECT licensed_seats, used_seats, storage_gb FROM capacity ORDER BY account_id")
    assert [tuple(row) for row in rows] == [(40, 31, 12.5), (None, 7, None)]
