"""At a terminal: what a score counts as is set, explained, listed and ended."""

from shared.database import Database
from tests.cli.conftest import Steward
from tests.health_io.stories import well
from tests.health_io.world import World


async def a_story(database: Database) -> None:
    world = World(database)
    await world.sweep()
    await world.wake(*well())


def flat(text: str) -> str:
    """Without the breaks of a terminal's lines."""
    return " ".join(text.split())


def test_it_is_set_explained_and_ended(steward: Steward) -> None:
    steward.meanwhile(a_story)
    assert "Nobody has set anything." in steward("overrides", "list").stdout
    said = steward("overrides", "set", "acme", "30", "--reason", "sponsor leaves", "--days", "14").stdout
    assert "Acme counts as 30 until" in said
    listed = flat(steward("overrides", "list").stdout)
    assert "sponsor leaves" in listed
    why = flat(steward("why", "acme").stdout)
    assert "30 of 100" in why
    assert "Set to 30 by command line until" in why
    assert "Override: command line set 30 until" in why
    assert "Acme counts as it is computed." in steward("overrides", "end", "acme").stdout
    assert steward("overrides", "end", "acme").exit_code == 2
    assert "command line ended it" in flat(steward("overrides", "list", "--account", "acme").stdout)


def test_it_needs_a_reason(steward: Steward) -> None:
    steward.meanwhile(a_story)
    assert steward("overrides", "set", "acme", "30").exit_code == 2
    assert steward("overrides", "set", "acme", "130", "--reason", "so").exit_code == 2
