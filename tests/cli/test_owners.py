"""At a terminal: who owns what and why, who nobody owns, and how many accounts are in which segment."""

from shared.database import Database
from tests.cast import acme_exists, told
from tests.cli.conftest import Steward
from tests.health_io.world import World


async def a_story(database: Database) -> None:
    world = World(database)
    await world.sweep()
    await world.wake(acme_exists(arr=60_000), told("account.updated", "globex", name="Globex", arr=5_000))
    await world.sweep()


def test_who_nobody_owns_is_listed_and_given_an_owner(steward: Steward) -> None:
    steward.meanwhile(a_story)
    said = steward("owners", "unowned").stdout
    assert "Globex" in said
    assert "Acme" not in said
    assert "bob@example.com's from now on" in steward("owners", "set", "globex", "bob@example.com").stdout
    assert "Every account has an owner." in steward("owners", "unowned").stdout
    assert "bob@example.com, chosen by a person" in steward("owners", "show", "globex").stdout
    assert "Nobody's choice stands" in steward("owners", "release", "globex").stdout
    assert steward("owners", "release", "globex").exit_code == 2
    assert "command line took the choice back" in " ".join(steward("owners", "show", "globex").stdout.split())


def test_segments_are_counted_and_shown(steward: Steward) -> None:
    steward.meanwhile(a_story)
    said = steward("segments", "list").stdout
    assert "segment by seg-4" in said
    assert "stage by s1" in said
    one = steward("segments", "show", "low_touch").stdout
    assert "1 accounts, 1 served as such, ARR 60,000" in one
    assert "5–10 % of ARR" in one
    assert steward("segments", "show", "nowhere").exit_code == 2
