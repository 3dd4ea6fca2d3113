"""At a terminal: what waits is listed, linked or given up; accounts are merged and parted; conflicts are shown."""

from services.ingest.store.accounts import account_id
from shared.database import Database
from tests.cli.conftest import Steward
from tests.ingest.identity_world import ACME, GLOBEX, World, told

A, G = account_id(ACME), account_id(GLOBEX)


async def a_story(database: Database) -> None:
    world = World(database)
    await world.hear(
        told("account.updated", id="a", name="Acme"),
        told("account.updated", GLOBEX, id="g", name="Globex", external_ids={"stripe": "cus_1"}),
        told("cancel.requested", ("zendesk", "org-7"), id="1"),
        told("cancel.withdrawn", ("zendesk", "org-7"), id="2"),
    )
    await world.hear(told("account.updated", id="3", external_ids={"stripe": "cus_1"}))


def test_what_waits_is_listed_by_the_id_that_it_came_with(steward: Steward) -> None:
    steward.meanwhile(a_story)
    said = steward("unmatched", "list").stdout
    assert "org-7" in said
    assert "cancel.requested, cancel.withdrawn" in " ".join(said.split())
    assert "No event waits." in steward("unmatched", "list", "--source", "intercom").stdout


def test_what_is_linked_is_applied_by_the_sweeper(steward: Steward) -> None:
    steward.meanwhile(a_story)
    assert "means Acme from now on" in steward("unmatched", "link", "zendesk", "org-7", "acme").stdout

    async def sweep(database: Database) -> list[int | None]:
        world = World(database)
        assert await world.sweep() == 2
        return [await world.place(n) for n in "12"]

    assert steward.meanwhile(sweep) == [A, A]


def test_what_is_discarded_is_gone(steward: Steward) -> None:
    steward.meanwhile(a_story)
    assert "2 events discarded" in steward("unmatched", "discard", "zendesk", "org-7").stdout
    again = steward("unmatched", "discard", "zendesk", "org-7")
    assert again.exit_code == 2
    assert "nothing waits" in again.stderr


def test_accounts_are_merged_and_parted_with_words_in_the_audit_log(steward: Steward) -> None:
    steward.meanwhile(a_story)
    assert "Globex is Acme from now on" in steward("accounts", "merge", "globex", "acme", "--reason", "bought").stdout
    assert steward("accounts", "merge", "globex", "acme").exit_code == 2
    assert steward("accounts", "merge", "acme", "globex").exit_code == 2
    assert "two again" in steward("accounts", "unmerge", "globex").stdout
    assert steward("accounts", "unmerge", "globex").exit_code == 2

    async def noted(database: Database) -> list[tuple[object, ...]]:
        return await World(database).rows("SELECT action, object FROM audit_log ORDER BY id")

    assert steward.meanwhile(noted) == [("account.merged", str(G)), ("account.unmerged", str(G))]


def test_a_merged_account_is_asked_for_as_the_one_that_it_is_now(steward: Steward) -> None:
    steward.meanwhile(a_story)
    steward("accounts", "merge", "globex", "acme")
    for called in ("globex", "Glob", str(G), "cus_1"):
        said = steward("why", called)
        assert said.stdout.startswith(f"Acme {A}")
        assert "Globex was merged into Acme" in said.stderr
    assert "merged" not in steward("why", "acme").stderr


def test_of_two_accounts_of_one_name_the_merged_one_is_parted_and_the_other_is_meant(steward: Steward) -> None:
    async def twins(database: Database) -> None:
        await World(database).hear(
            *[told("account.updated", ("native", key), id=key, name="Acme") for key in ("acme", "acme-2", "acme-3")]
        )

    steward.meanwhile(twins)
    assert steward("accounts", "merge", "Acme", "acme-3").exit_code == 2
    steward("accounts", "merge", "acme-2", "acme")
    steward("accounts", "merge", "acme-3", "acme")
    assert steward("why", "Acme").stdout.startswith(f"Acme {A}")
    assert "could be" in steward("accounts", "unmerge", "Acme").stderr
    assert "two again" in steward("accounts", "unmerge", "acme-3").stdout
    assert "could be" in steward("why", "Acme").stderr


def test_conflicts_are_shown_until_they_are_decided(steward: Steward) -> None:
    steward.meanwhile(a_story)
    assert "cus_1" in steward("accounts", "conflicts").stdout
    steward("unmatched", "link", "stripe", "cus_1", "acme")
    assert "No conflicts." in steward("accounts", "conflicts").stdout


def test_an_id_that_an_account_was_created_under_stays_its_own(steward: Steward) -> None:
    steward.meanwhile(a_story)
    refused = steward("unmatched", "link", "native", "globex", "acme")
    assert refused.exit_code == 2
    assert "merge the two accounts" in refused.stderr
    assert "does not mean Globex" in steward("accounts", "unlink", "stripe", "cus_1").stdout
    assert steward("accounts", "unlink", "native", "globex").exit_code == 2


def test_an_account_whose_source_lost_changes_is_said_to_be_told_anew(steward: Steward) -> None:
    steward.meanwhile(a_story)
    steward.meanwhile(lambda database: World(database).hear(told("account.refresh_needed", id="lost")))
    assert steward.meanwhile(_marked) == 1
    assert "needs no refresh any more" in steward("accounts", "refreshed", "acme").stdout
    assert steward.meanwhile(_marked) == 0


async def _marked(database: Database) -> int:
    count: int = await World(database).value("SELECT count(*) FROM accounts WHERE refresh_since IS NOT NULL")
    return count
