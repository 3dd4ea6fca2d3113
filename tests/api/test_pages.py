"""The console's pages: what stands on them, what they refuse, how few questions they cost."""

import datetime as dt
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from fastapi import FastAPI

from shared.database import Database, Reading, Row
from tests.api import company
from tests.api.conftest import Client


@pytest.fixture
async def database(own_company: Database) -> Database:
    return own_company


async def test_today_shows_who_needs_somebody_and_why(visitor: Client) -> None:
    page = (await visitor.get("/")).text
    order = [page.index(name) for name in ("Zoë &amp; Søn 🚀 GmbH", "شركة النور للتجارة", "Northwind Logistics")]
    assert order[0] == min(order)
    assert "Lost in the last 30 days" in page
    assert "Feature adoption" in page
    assert "days overdue" in page
    assert "Umbrella Research" not in page


async def test_names_are_escaped_and_keep_their_direction(visitor: Client) -> None:
    page = (await visitor.get("/")).text
    assert "<script>alert" not in page
    assert "<bdi>&lt;script&gt;alert(&#39;Globex&#39;)&lt;/script&gt;</bdi>" in page
    assert "<bdi>شركة النور للتجارة</bdi>" in page


async def test_searching_finds_healthy_accounts_too(visitor: Client) -> None:
    page = (await visitor.get("/", params={"q": "umbrella"})).text
    assert "Umbrella Research" in page
    assert "Northwind" not in page
    nothing = (await visitor.get("/", params={"q": '"><b>\x00'})).text
    assert "No account matches" in nothing
    assert "<b>\x00" not in nothing


async def test_a_band_opens_its_accounts(visitor: Client) -> None:
    page = (await visitor.get("/?band=healthy")).text
    assert "Umbrella Research" in page
    assert "Zoë" not in page.split("What is due")[0]


async def test_an_account_shows_its_score_its_sum_and_its_last_move(visitor: Client) -> None:
    page = (await visitor.get("/accounts/101")).text
    assert "Score 49 of 100, At risk" in page
    for told in (
        "Product engagement",
        "Payment history",
        "What moved it last",
        "time alone",
        "Ticket Export fails for large workspaces (urgent)",
    ):
        assert told in page
    for address in re.findall(r'href="(/accounts/101/events/[0-9a-f]{32})"', page):
        assert (await visitor.get(address)).status_code == 200


async def test_an_account_without_a_score_says_so(visitor: Client) -> None:
    page = (await visitor.get("/accounts/110")).text
    assert "has not been assessed yet" in page
    assert "The score has not moved yet" in page


async def test_a_task_is_completed_from_its_form(database: Database, visitor: Client) -> None:
    page = (await visitor.get("/accounts/102")).text
    token = page.split('name="csrf" value="')[1][:32]
    async with database.reading() as tx:
        task = await company.first_task(tx)
    answer = await visitor.post(f"/tasks/{task}/complete", data={"csrf": token, "outcome": "Reached 😀"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/accounts/102#tasks")
    async with database.reading() as tx:
        row = await tx.row("SELECT status, outcome, closed_by FROM tasks WHERE id = $1", task)
    assert row is not None
    assert tuple(row) == ("done", "Reached 😀", "grace@example.com")
    assert "Reached 😀" in (await visitor.get("/accounts/102")).text


@pytest.mark.parametrize(
    ("form", "status"),
    [
        ({"outcome": "x"}, 403),
        ({"csrf": "0" * 32, "outcome": "x"}, 403),
        ({"csrf": "ü", "outcome": "x"}, 403),
        ({"outcome": ""}, 422),
        ({"outcome": "x" * 2001}, 422),
        ({"outcome": "\x00"}, 422),
    ],
)
async def test_a_form_that_is_not_ours_or_is_empty_is_refused(
    form: dict[str, str], status: int, database: Database, visitor: Client
) -> None:
    token = (await visitor.get("/")).text.split('name="csrf" value="')[1][:32]
    async with database.reading() as tx:
        task = await company.first_task(tx)
    sent = form if status == 403 else {"csrf": token} | form
    answer = await visitor.post(f"/tasks/{task}/complete", data=sent)
    assert answer.status_code == status
    assert "<h1>" in answer.text


async def test_a_form_of_another_shape_is_refused(visitor: Client) -> None:
    path = "/tasks/00000000-0000-4000-8000-000000000000/skip"
    assert (await visitor.post(path, json={"reason": "x"})).status_code == 415


async def test_pages_let_nothing_in_from_elsewhere(visitor: Client) -> None:
    for path in ("/", "/accounts/102"):
        answer = await visitor.get(path)
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert " style=" not in answer.text
        assert not re.findall(r"<script(?! src)", answer.text)
        addresses = re.findall(r'(?:src|href|action)="([^"]*)"', answer.text)
        assert all(address.startswith(("/", "#")) and not address.startswith("//") for address in addresses)
        for name in ("steward.css", "keys.js", "mark.svg"):
            kept = await visitor.get(next(one for one in addresses if name in one))
            assert kept.status_code == 200
            assert "immutable" in kept.headers["cache-control"]


async def test_refusals_are_pages_for_people(visitor: Client) -> None:
    lost = await visitor.get("/accounts/999")
    assert (lost.status_code, lost.headers["content-type"]) == (404, "text/html; charset=utf-8")
    assert "There is no account 999" in lost.text
    assert (await visitor.get("/accounts/x")).status_code == 422
    assert (await visitor.get("/static/passwd")).status_code == 404


class Counting(Database):
    """Counts the questions that reading transactions ask."""

    def __init__(self, inner: Database) -> None:
        super().__init__(inner._pool, inner.url)
        self.asked = 0

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[Reading]:
        async with super().reading() as tx:
            yield _Counted(tx, self)


class _Counted(Reading):
    def __init__(self, inner: Reading, counter: Counting) -> None:
        super().__init__(inner._connection)
        self._counter = counter

    async def fetch(self, sql: str, *values: Any) -> list[Row]:
        self._counter.asked += 1
        return await super().fetch(sql, *values)

    async def row(self, sql: str, *values: Any) -> Row | None:
        self._counter.asked += 1
        return await super().row(sql, *values)

    async def value(self, sql: str, *values: Any) -> Any:
        self._counter.asked += 1
        return await super().value(sql, *values)


@pytest.mark.parametrize(("path", "budget"), [("/", 9), ("/accounts/101", 12)])
async def test_a_page_asks_few_questions(
    path: str, budget: int, app: FastAPI, database: Database, visitor: Client
) -> None:
    await visitor.get(path)  # the rules in force are known from then on
    counting = app.state.database = Counting(database)
    assert (await visitor.get(path)).status_code == 200
    assert counting.asked <= budget


@pytest.mark.parametrize(
    ("path", "budget"), [("/v1/accounts", 3), ("/v1/accounts/101", 8), ("/v1/tasks", 2), ("/v1/rejected", 2)]
)
async def test_an_answer_asks_few_questions(
    path: str, budget: int, app: FastAPI, database: Database, manager: Client
) -> None:
    await manager.get(path)  # the rules in force are known from then on
    counting = app.state.database = Counting(database)
    assert (await manager.get(path)).status_code == 200
    assert counting.asked <= budget


async def subscribed(database: Database, account: int, status: str, mrr: int, renews_in: int = 30) -> None:
    async with database.writing() as tx:
        await tx.execute(
            "INSERT INTO subscriptions (account_id, subscription_id, status, mrr, currency, renews_at, cancels)"
            " VALUES ($1, 's1', $2, $3, 'EUR', $4, false)",
            account, status, mrr, company.NOW + dt.timedelta(days=renews_in),
        )  # fmt: skip


async def test_those_who_have_left_stand_apart_and_do_not_come_first(database: Database, visitor: Client) -> None:
    await subscribed(database, 102, "cancelled", 900)
    page = (await visitor.get("/")).text
    assert "1 more in these bands has left" in page
    assert page.index("Northwind Logistics") < page.index("Zoë &amp; Søn")


async def test_what_renews_soon_is_on_today(database: Database, visitor: Client) -> None:
    await subscribed(database, 106, "active", 1_000, renews_in=1)
    await subscribed(database, 107, "active", 1_000, renews_in=100)
    renews = (await visitor.get("/")).text.split("What renews")[1]
    assert "Umbrella Research" in renews
    assert "tomorrow · 12k EUR a year" in renews
    assert "Wayne Facilities" not in renews


async def test_lost_lately_is_told_from_what_could_be_brought(visitor: Client) -> None:
    page = (await visitor.get("/")).text
    assert "Lost in the last 30 days" in page


async def test_all_accounts_are_listed_and_filtered(visitor: Client) -> None:
    page = (await visitor.get("/accounts")).text
    assert all(name in page for name in ("Umbrella Research", "Brand New Ltd", "Initech"))
    some = (await visitor.get("/accounts?owner=grace@example.com&segment=")).text
    assert "Initech" in some
    assert "Umbrella Research" not in some
    assert "No account is like that" in (await visitor.get("/accounts?band=nosuch")).text


async def test_a_run_shows_its_steps(visitor: Client) -> None:
    page = (await visitor.get("/accounts/102")).text
    assert "Its steps" in page
    assert "<b>At-Risk</b>" in page


async def test_a_step_that_waits_says_on_what_it_depends(visitor: Client) -> None:
    page = (await visitor.get("/accounts/102")).text
    assert "only if <bdi>nobody has replied since the run started</bdi>" in page


async def test_that_a_subscription_has_ended_or_will_is_in_the_head(database: Database, visitor: Client) -> None:
    assert "Subscription ended" not in (await visitor.get("/accounts/102")).text
    await subscribed(database, 102, "cancelled", 900)
    await subscribed(database, 106, "active", 900, renews_in=9)
    async with database.writing() as tx:
        await tx.execute("UPDATE subscriptions SET ends_at = $1 WHERE account_id = 102", company.NOW - dt.timedelta(3))
        await tx.execute("UPDATE subscriptions SET cancels = true WHERE account_id = 106")
    gone = (await visitor.get("/accounts/102")).text.split("overview")[0]
    going = (await visitor.get("/accounts/106")).text.split("overview")[0]
    assert re.search(r"<b>Subscription ended</b> \d+ \w{3} \d{4}", gone)
    assert re.search(r"<b>Subscription is set to end</b> \d+ \w{3} \d{4}", going)


async def test_people_are_called_by_their_names(database: Database, visitor: Client) -> None:
    async with database.writing() as tx:
        await tx.execute(
            "INSERT INTO people (account_id, person_id, name, updated_at) VALUES (102, 'C102-p2', 'Mia Chen', $1)",
            company.NOW,
        )
        await tx.execute(
            "INSERT INTO signals (id, account_id, kind, label, side, severity, about, words, evidence, measures, at)"
            " VALUES (gen_random_uuid(), 102, 'champion_left', 'Champion left', 'risk', 'critical', 'C102-p2',"
            " 'The champion has left', '[]', '{}', $1)",
            company.NOW,
        )
    page = (await visitor.get("/accounts/102")).text
    assert page.count("Mia Chen: The champion has left") == 2  # among the signals, and in what happened
    assert "C102-p2: " not in page
