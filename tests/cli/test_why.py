"""Why a score is what it is, in words: the sum, the last changes, the events behind them."""

import datetime as dt

import pytest

from services.cli.terminal import out
from services.health.force import InForce
from services.health.gathering import gathered
from services.health.handle import Health
from services.health.overriding import set_override
from services.ingest.store.accounts import account_id
from shared.clock import SystemClock
from shared.database import Database
from tests.cast import NOW, acme_exists, told, used
from tests.cli.conftest import Steward
from tests.health_io.stories import FEATURES, well
from tests.health_io.world import ACME, World

HOUR = dt.timedelta(hours=1)


def survey(score: int, id: str) -> dict[str, object]:
    return {"survey_id": id, "survey_type": "nps", "score": score}


async def acmes_story(database: Database) -> None:
    """Acme is new and well known, then a promoter turns away."""
    world = World(database, NOW - 2 * HOUR)
    before = NOW - 3 * HOUR
    await world.wake(
        acme_exists(at=before, external_ids={"stripe": "cus_9s6XKzkNRiz8i3"}),
        told("survey.response", at=before, **survey(10, "s1")),
        told("sponsor.updated", at=before, identified=True, engaged=True),
        told("invoice.updated", at=before, invoice_id="i1", status="paid", amount="100", due_at=NOW, paid_at=before),
        told("meeting.updated", at=before, meeting_id="m1", status="held", starts_at=before),
        told("ticket.updated", at=before, ticket_id="t1", status="solved", sentiment="positive", opened_at=before,
             resolved_at=before, satisfaction=5),
        told("feedback.given", at=before, feedback_id="f1", sentiment="positive"),
        *[told("usage.recorded", at=before, person_id=person, feature="reports") for person in ("mia", "leo")],
    )  # fmt: skip
    world.clock.advance(HOUR)
    await world.wake(told("survey.response", id="turned", at=NOW - HOUR, **survey(2, "s2")))
    await world.tell(acme_exists("acme-labs"))


@pytest.fixture
def company(steward: Steward, monkeypatch: pytest.MonkeyPatch) -> Steward:
    """A company of Acme and Acme-Labs, an instant after its last event."""
    monkeypatch.setattr(SystemClock, "now", lambda _: NOW)
    steward.meanwhile(acmes_story)
    return steward


async def score(database: Database) -> tuple[int, str]:
    async with database.reading() as tx:
        row = await tx.row("SELECT score, band FROM scores")
    assert row is not None
    return row["score"], row["band"].replace("_", " ")


async def last_survey(database: Database) -> str:
    async with database.reading() as tx:
        found: bytes = await tx.value(
            "SELECT id FROM events WHERE type = 'survey.response' ORDER BY occurred_at DESC LIMIT 1"
        )
    return found.hex()


@pytest.mark.parametrize(
    "name", ["acme", "ACME", "cus_9s6XKzkNRiz8i3", "stripe:cus_9s6XKzkNRiz8i3", str(account_id(("native", "acme")))]
)
def test_an_account_is_found_by_what_people_call_it(company: Steward, name: str) -> None:
    said = company("why", name)
    number, band = company.meanwhile(score)
    assert said.exit_code == 0
    assert f"{number} of 100, {band}" in said.stdout
    assert "owner ada@example.com" in said.stdout
    assert "of the model's weight" in said.stdout


def test_the_sum_is_shown_measure_by_measure(company: Steward) -> None:
    said = company("why", "acme").stdout
    for label in ("NPS answer", "Executive sponsor engaged", "Payment history", "Depth of use", "score"):
        assert label in said


def test_the_last_change_names_its_measure_and_its_event(company: Steward) -> None:
    said = company("why", "acme").stdout
    number, _ = company.meanwhile(score)
    change = said[said.index(f"→ {number}") :]
    assert "NPS answer" in change
    assert company.meanwhile(last_survey) in change


def test_the_past_is_told_as_of_then(company: Steward) -> None:
    said = company("why", "acme", "--at", (NOW - 1.5 * HOUR).isoformat()).stdout
    number, _ = company.meanwhile(score)
    assert f"{number} of 100" not in said
    for words in ("Payment history", "0 late payments", "brings", "rounding"):
        assert words in said
    assert "would come of" not in said


def test_of_an_account_that_its_source_deleted_the_past_is_told_alone(company: Steward) -> None:
    async def delete(database: Database) -> None:
        await World(database, NOW).wake(told("account.deleted", at=NOW))

    company.meanwhile(delete)
    said = " ".join(company("why", "acme").stdout.split())
    assert "Its source deleted it on" in said
    assert "Not assessed yet" not in said
    assert "score" in company("why", "acme", "--at", (NOW - 1.5 * HOUR).isoformat()).stdout


def test_before_its_history_there_is_no_score(company: Steward) -> None:
    assert "There is no score from then" in company("why", "acme", "--at", "2020-01-01").stdout


def test_a_name_that_could_be_several_asks_which(company: Steward) -> None:
    said = company("why", "cme")
    assert said.exit_code == 2
    assert "Acme-Labs" in said.stderr


def test_an_account_nobody_knows_is_not_found(company: Steward) -> None:
    said = company("why", "nobody")
    assert said.exit_code == 2
    assert "no account is called nobody" in said.stderr


async def acme_is_set_to_7(database: Database) -> None:
    """By the models that ship, which know a band below critical."""
    world = World(database)
    world.in_force = InForce(gathered(None))
    world.health = Health(world.in_force, world.clock)
    await world.wake(*well())
    async with database.writing() as tx:
        await set_override(tx, world.in_force, ACME, 7, "they told me", NOW + 9 * HOUR, "ada", NOW)


@pytest.mark.parametrize("at", [[], ["--at", NOW.isoformat()]])
def test_a_band_has_the_colour_that_its_model_gives_it(
    steward: Steward, monkeypatch: pytest.MonkeyPatch, at: list[str]
) -> None:
    monkeypatch.setattr(SystemClock, "now", lambda _: NOW)
    steward.meanwhile(acme_is_set_to_7)
    said: list[str] = []
    monkeypatch.setattr(out, "print", lambda thing, **_: said.append(str(thing)))
    steward("why", "acme", *at)
    assert said[1].startswith("[bold red]7 of 100, emergency[/]")


def test_an_account_that_is_not_assessed_yet_says_so(company: Steward) -> None:
    said = company("why", "acme-labs").stdout
    assert "within a second of its first event; is it running?" in said
    assert "Scores stand still" not in said


def test_while_days_are_closed_it_says_how_far_that_is(company: Steward, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SystemClock, "now", lambda _: NOW + dt.timedelta(days=3))
    far = f"Scores stand still until health has closed the days that are over: 3 are left, the next is {NOW.date()}."
    assert far in company("why", "acme").stdout
    said = company("why", "acme-labs").stdout
    assert far in said
    assert "health assesses an account once they are closed." in said


# --- silence ------------------------------------------------------------------------------------------

DAY = dt.timedelta(days=1)


async def a_login_stops(database: Database) -> None:
    """Acme's people come every day for five weeks; then nobody does, and nothing else happens for twenty days."""
    start = NOW - 56 * DAY
    world = World(database, start)
    world.in_force = InForce(gathered(None))
    world.health = Health(world.in_force, world.clock)
    await world.sweep()
    await world.wake(
        *well(at=start),
        told("invoice.updated", at=start, invoice_id="i1", status="paid", amount="100", due_at=start, paid_at=start),
        told("ticket.updated", at=start, ticket_id="t1", status="solved", sentiment="positive", opened_at=start,
             resolved_at=start, satisfaction=5),
    )  # fmt: skip
    for day in range(35):
        await world.until(start + day * DAY)
        await world.wake(
            *(told("login.recorded", at=world.clock.now(), person_id=who) for who in ("mia", "leo")),
            *(used(who, at=world.clock.now(), feature=FEATURES[day % 7]) for who in ("mia", "leo")),
        )
    await world.until(NOW)


async def lost_by_day(database: Database) -> list[tuple[dt.date, float]]:
    """(day, points) of what time alone took, as it is stored."""
    async with database.reading() as tx:
        rows = await tx.fetch(
            """
            SELECT c.at::date AS day, sum((part->>'points')::bigint) AS points
              FROM score_changes c, jsonb_array_elements(c.parts) AS part
             WHERE (part->>'by_time')::boolean GROUP BY 1 HAVING sum((part->>'points')::bigint) < 0 ORDER BY 1 DESC
            """
        )
    return [(row["day"], float(row["points"]) / 1e6) for row in rows]


def test_what_passing_time_took_is_told_by_the_day_on_which_it_was_lost(steward: Steward) -> None:
    steward.meanwhile(a_login_stops)
    said = steward("why", "acme", "--at", NOW.isoformat()).stdout
    assert "(time alone)" in said
    told_of = said[said.index("Lost to passing time within 90 days") :]
    lost = steward.meanwhile(lost_by_day)
    whole = sum(points for _, points in lost)
    assert whole < -10
    assert f"{whole:+.2f} points" in told_of.splitlines()[0]
    days = [line.split()[:2] for line in told_of.splitlines()[1:] if line.startswith("  2026")]
    assert days == [[str(day), f"{points:+.2f}"] for day, points in lost]
    assert len(days) > 1
    assert "Nobody has signed in for 14 days" in told_of
    assert "Login frequency" in told_of


def test_silence_that_has_not_come_yet_is_not_told(steward: Steward) -> None:
    steward.meanwhile(a_login_stops)
    last = (NOW - 21 * DAY).date()
    assert "Lost to passing time" not in steward("why", "acme", "--at", str(last)).stdout
