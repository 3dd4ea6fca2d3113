"""Why there is a run, or none, at a terminal."""

from shared.database import Database
from tests.cli.conftest import Steward
from tests.playbooks.stories import ACME, NOON, PB_3, fell
from tests.playbooks.world import a_house, an_account, decide_on

GLOBEX = ACME + 1


async def acme_fell(database: Database) -> None:
    """Acme's score fell below 40 and At-Risk began; Globex is fine."""
    await an_account(database)
    await an_account(database, GLOBEX, name="Globex", score=80)
    house = await a_house(database)
    async with database.writing() as tx:
        await decide_on(tx, house, [fell()], NOON)


def test_a_run_that_began_says_why_and_one_that_did_not_says_what_was_missing(steward: Steward) -> None:
    steward.meanwhile(acme_fell)
    said = steward("runs", "why", "Acme", PB_3.id).stdout
    assert "2026-03-04 12:00  started: the score 36 is below 40 (it was 52)" in said
    other = steward("runs", "why", str(GLOBEX)).stdout
    assert PB_3.name in other
    assert "Nothing that happened to the account was ever put to it." in other
    assert "✗ a crossing has been noticed" in other


def test_a_condition_is_counted_before_a_playbook_asks_it(steward: Steward) -> None:
    steward.meanwhile(acme_fell)
    assert steward("runs", "matching", "score < 40").stdout == "1 account now.\n"
    assert steward("runs", "matching", "score is known").stdout == "2 accounts now.\n"
    wrong = steward("runs", "matching", "score <")
    assert (wrong.exit_code, "not a condition" in wrong.stderr) == (2, True)


def test_a_playbook_that_is_none_is_told_with_those_that_are(steward: Steward) -> None:
    steward.meanwhile(acme_fell)
    said = steward("runs", "why", "Acme", "at-rsk")
    assert said.exit_code == 2
    assert PB_3.id in said.stderr
