"""The example's mapping on small files of its shape: what each row comes to."""

import datetime as dt
from pathlib import Path
from typing import Any

import pytest

from services.cli.importing import load_mapping
from services.ingest.import_report import FileReport
from shared import facts as f
from shared.clock import UTC, to_us
from shared.database import Database
from tests.import_.stories import NOW, imported, state, write
from tests.import_.test_mapping import EXAMPLE

FILES = {
    "account_managers": "manager_id,manager_name,email\n11,Ada,ada@example.com\n",
    "plans": "plan_id,plan_name,monthly_price,max_users,storage_limit_gb\n1,Starter,29,5,50\n3,Business,199,100,1000\n",
    "customers": (
        "customer_id,company_name,industry,region,acquisition_channel,signup_date,manager_id,created_at\n"
        "1,Martin Group,Healthcare,Singapore,Partner,2023-05-25,11,2026-07-25 00:18:26\n"
        '2,"Higgins, Moore",Education,United Kingdom,Organic,2025-05-13,11,2026-07-25 00:18:27\n'
    ),
    "subscriptions": (
        "subscription_id,customer_id,plan_id,billing_cycle,subscription_start,subscription_end,subscription_status,"
        "discount_percent,created_at\n"
        "1,1,3,Annual,2023-05-25,,Active,10,2026-07-25\n"
        "2,2,1,Monthly,2025-05-13,2027-08-03,Expired,15,2026-07-25\n"
        "3,2,1,Monthly,2025-05-13,2026-01-31,Cancelled,0,2026-07-25\n"
    ),
    "usage_logs": (
        "usage_id,customer_id,usage_month,active_users,api_requests,storage_used_gb,login_count,created_at\n"
        "1,1,2026-07-27,18,127233,594.32,310,2026-07-25\n"
        "2,1,2026-07-28,16,47381,253.8,356,2026-07-25\n"
    ),
    "support_tickets": (
        "ticket_id,customer_id,category,priority,status,ticket_created_date,ticket_resolved_date,resolution_hours,"
        "customer_rating,created_at\n"
        "1,1,Billing,Medium,Resolved,2024-04-22,2024-04-25,6.0,3.3,2026-07-25\n"
        "2,1,General,Critical,In Progress,2026-07-20,,,5.0,2026-07-25\n"
        "3,2,Technical,Low,Closed,2026-07-26,2026-08-02,9.0,4.0,2026-07-25\n"
        "4,2,Technical,High,Open,2026-09-06,,,5.0,2026-07-25\n"
    ),
}  # fmt: skip


@pytest.fixture
def files(tmp_path: Path) -> Path:
    write(tmp_path, **FILES)
    return tmp_path


async def taken(database: Database, files: Path, **order: Any) -> dict[str, FileReport]:
    reports = await imported(database, files, load_mapping(EXAMPLE), **order)
    return {report.path: report for report in reports}


async def facts_of(database: Database, key: str) -> f.Facts:
    async with database.reading() as tx:
        stored = await tx.value(
            "SELECT facts FROM facts JOIN identities USING (account_id) WHERE external_id = $1", key
        )
    return f.decode(stored)


async def test_rows_that_lie_ahead_are_parked_and_none_is_lost(database: Database, files: Path) -> None:
    reports = await taken(database, files)
    assert {path: (r.rows, r.taken, dict(r.rejected)) for path, r in reports.items()} == {
        "customers.csv": (2, 2, {}),
        "subscriptions.csv": (3, 3, {}),
        "usage_logs.csv": (2, 1, {"too_far_ahead": 1}),
        "support_tickets.csv": (4, 3, {"too_far_ahead": 1}),
    }
    assert dict(reports["support_tickets.csv"].parked) == {"resolved: too_far_ahead": 1}


async def test_a_customer_is_an_account_with_its_managers_address(database: Database, files: Path) -> None:
    await taken(database, files)
    facts = await facts_of(database, "2")
    told = [facts.field(name) for name in ("name", "owner", "country", "customer_since")]
    assert told == ["Higgins, Moore", "ada@example.com", "GB", "2025-05-13"]


async def test_a_year_costs_twelve_months_less_the_discount(database: Database, files: Path) -> None:
    await taken(database, files)
    (now, started) = (await facts_of(database, "1")).subscriptions["1"]
    assert (now.mrr, started.mrr) == (179_100_000, 179_100_000)
    assert (now.plan, now.seats, now.status) == ("Business", 100, "active")


async def test_a_later_end_is_a_scheduled_end(database: Database, files: Path) -> None:
    await taken(database, files)
    facts = await facts_of(database, "2")
    scheduled, ended = facts.subscriptions["2"][0], facts.subscriptions["3"][0]
    assert (scheduled.status, scheduled.cancels) == ("active", True)
    assert scheduled.ends_at == to_us(dt.datetime(2027, 8, 3, tzinfo=UTC))
    assert scheduled.mrr == 24_650_000
    assert (ended.status, ended.mrr, ended.at) == ("cancelled", 0, to_us(dt.datetime(2026, 1, 31, tzinfo=UTC)))


async def test_a_scheduled_end_that_is_taken_back_is_gone(database: Database, files: Path) -> None:
    await taken(database, files)
    write(files, subscriptions=FILES["subscriptions"].replace("2027-08-03,Expired", ",Active"))
    await taken(database, files, now=NOW + dt.timedelta(days=1))
    now = (await facts_of(database, "2")).subscriptions["2"][0]
    assert (now.status, now.cancels, now.ends_at) == ("active", False, None)


async def test_a_month_of_usage_is_reported_from_its_first_day(database: Database, files: Path) -> None:
    await taken(database, files)
    (report,) = (await facts_of(database, "1")).reports.values()
    assert (report.end - report.start, report.active_people, report.logins) == (29, 18, 310)


async def test_a_ticket_is_as_far_as_the_export_knows(database: Database, files: Path) -> None:
    await taken(database, files)
    one, two = (await facts_of(database, "1")).tickets, (await facts_of(database, "2")).tickets
    assert (one["1"].status, one["1"].satisfaction) == ("solved", 3.3)
    assert (one["2"].status, one["2"].priority, one["2"].satisfaction) == ("open", "urgent", None)
    assert (two["3"].status, two["3"].resolved_at) == ("open", None)


async def test_it_may_be_imported_twice(database: Database, files: Path) -> None:
    await taken(database, files, history=True)
    once = await state(database)
    await taken(database, files, history=True)
    assert await state(database) == once
