"""A draft over what stands and over the days: the figures are those that it would have given."""

from typing import Any

from services.health.model import Model
from services.health.recorded import Span
from services.health.whatif.handle import Walked, draft_of, try_days, try_now
from shared.clock import to_us
from shared.database import Database
from shared.facts import decode
from tests.health_io.grids import END, Grid, write
from tests.health_io.test_grid import START, a_few_days, live
from tests.health_io.world import MODEL, RULES, World

ACCOUNTS = 7
MEETINGS = 'regular_meetings {"days":44}'


def draft(**changed: Any) -> Model:
    """The model in force, changed; its meetings are looked for in 44 days rather than 45."""
    document = MODEL.model_dump()
    document["groups"][1]["leaves"][1]["params"] = {"days": 44}
    return Model.model_validate({**document, "version": 2, **changed})


async def test_what_is_tried_on_what_stands_is_what_assessing_would_give(database: Database) -> None:
    world = World(database, START)
    await live(world, a_few_days(3, ACCOUNTS))
    now, stricter = to_us(world.clock.now()), draft(minimum_coverage=0, bands=[
        {"name": name, "color": "green", "lower": lower, "action": "any"} for name, lower in (("good", 50), ("bad", 0))
    ])  # fmt: skip
    same = await try_now(database, RULES, draft_of(MODEL, RULES), now)
    assert (same.comparison.accounts, same.comparison.moves, same.from_facts) == (ACCOUNTS, [], [])
    tried = await try_now(database, RULES, draft_of(stricter, RULES), now)
    assert [column.key for column in tried.from_facts] == [MEETINGS]
    expected = {
        row["account_id"]: RULES.assess(decode(row["facts"]), {}, now, model=stricter).score
        for row in await world.rows("SELECT account_id, facts FROM scores")
    }
    assert {move.account: move.to_score for move in tried.comparison.moves} == expected


async def test_a_sample_is_of_those_accounts_alone(database: Database) -> None:
    await write(database, Grid(accounts=5, days=1, leavers=0))
    tried = await try_now(database, RULES, draft_of(draft(), RULES), to_us(END), only=[2, 4])
    assert tried.comparison.accounts == 2
    named = await try_now(database, RULES, draft_of(draft(), RULES, ["tech_touch"]), to_us(END))
    assert (named.comparison.accounts, list(named.comparison.segments)) == (3, ["tech_touch"])


async def walked(database: Database, told: Grid, model: Model) -> Walked:
    """The draft over the whole grid."""
    span = Span(list(range(1, told.accounts + 1)), told.first_day, told.first_day + told.days - 1)
    return await try_days(database, RULES, draft_of(model, RULES), span)


async def test_over_the_days_it_makes_crossings_and_a_calmer_draft_fewer(database: Database) -> None:
    told = Grid(accounts=30, days=80, leavers=20)
    await write(database, told)
    eager, calm = [await walked(database, told, draft(upward_margin=margin)) for margin in (0, 15)]
    assert eager.days.closes == 2_400
    assert {crossed.account for crossed in eager.crossings} & set(range(1, 21))
    assert len(eager.crossings) > len(calm.crossings) > 0
    assert [crossed.at for crossed in eager.crossings] == sorted(crossed.at for crossed in eager.crossings)
    assert [column.key for column, since in eager.days.without_data() if since is None] == [MEETINGS]
