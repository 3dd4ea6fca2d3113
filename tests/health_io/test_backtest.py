"""A back-test over a grid in the database: what it reads, and what it must not see."""

import datetime as dt
from collections.abc import Mapping

import pytest

from services.health.backtest import handle
from services.health.backtest.file import read_outcomes
from services.health.backtest.handle import Asked, Outcomes, from_file, from_record, judges
from services.health.backtest.report import Report
from shared.clock import to_us
from shared.database import Database
from shared.errors import Invalid, Refused
from tests.health_io.grids import END, Grid, write
from tests.health_io.world import MODEL, RULES

NOW = to_us(END)
TOLD = Grid()


async def judged(database: Database, came: Outcomes | None = None, **asked: object) -> Report:
    """The report on the model in force."""
    came = came or await from_record(database, NOW)
    wanted = Asked(**{"horizon_days": 40, **asked})  # type: ignore[arg-type]
    return await handle.backtest(database, RULES, judges(RULES, None), came, wanted, NOW)


async def test_a_score_that_tells_is_found_to_tell_and_its_negative_control_is_not(database: Database) -> None:
    await write(database, TOLD)
    found = await judged(database)
    assert found.whole.auc is not None
    assert found.whole.auc.low > 0.6
    assert set(found.segments) == {"high_touch", "tech_touch"}
    assert (found.lead.left, found.lead.warned > 12) == (24, True)
    control = (await judged(database, control=1)).whole.auc
    assert control is not None
    assert control.low < 0.5 < control.high


async def test_the_record_and_a_file_of_names_say_the_same_of_the_models_and_of_one(database: Database) -> None:
    await write(database, TOLD)
    came = await from_file(database, read_outcomes(TOLD.churn_csv, "churn.csv"), "churn.csv")
    found = await handle.backtest(database, RULES, judges(RULES, MODEL), came, Asked(40), NOW)
    assert found.model == MODEL.key
    assert found.whole == (await judged(database)).whole
    assert any("1 of its lines name no account" in note for note in found.notes)


async def test_nothing_leaks_from_what_was_recorded_later(database: Database) -> None:
    await write(database, Grid(noise=8))
    before = await judged(database)
    async with database.writing() as tx:
        await tx.execute(
            """
            INSERT INTO score_history (account_id, kind, effective_at, recorded_at, model, segment, score, raw,
                                       coverage, band, measures, corrects)
            SELECT account_id, kind, effective_at, $1, model, segment, score, raw, coverage, band,
                   array_fill(CASE WHEN account_id <= 24 THEN 90 ELSE 0 END::float8, ARRAY[cardinality(measures)]), true
              FROM score_history
            """,
            END,
        )
    assert (await judged(database)).whole == before.whole


async def test_imported_history_is_named_as_such(database: Database) -> None:
    await write(database, TOLD, recorded_at=END)
    notes = (await judged(database)).notes
    assert any("6,480 of 6,600 closes were written more than two days after their day" in note for note in notes)


async def test_what_cannot_be_judged_is_refused_in_words(database: Database) -> None:
    with pytest.raises(Refused, match="no day is closed yet"):
        await judged(database)
    await write(database, Grid(leavers=4, days=60))
    with pytest.raises(Refused, match="a back-test needs 10"):
        await judged(database)
    with pytest.raises(Refused, match="no score is 90 days old"):
        await judged(database, horizon_days=90)


@pytest.mark.parametrize(
    ("text", "ends"),
    [
        ("account,churned_at,why\nacme,2026-05-01,price\nbeta,,\n", {"acme": "2026-05-01T00:00Z", "beta": None}),
        ('{"account": 7, "churned_at": "2026-05-01T12:00:00+02:00"}\n', {"7": "2026-05-01T10:00Z"}),
    ],
)
def test_outcomes_are_read_from_csv_and_ndjson(text: str, ends: Mapping[str, str | None]) -> None:
    told = {name: None if at is None else to_us(dt.datetime.fromisoformat(at)) for name, at in ends.items()}
    assert read_outcomes(text, "churn.csv") == told


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("account,churned_at\n,2026-05-01\n", "line 2 has no account"),
        ("name,churned_at\nacme,2026-05-01\n", "the head has no account"),
        ("account,left_at\nacme,2026-05-01\n", "the head has no churned_at"),
        ("", "the head has no account and no churned_at"),
        ("account,churned_at\nacme,soon\n", "line 2: 'soon' is no time"),
        ('{"account": "a"}\n{"account"\n', "line 2 is not JSON"),
    ],
)
def test_a_faulty_line_is_named(text: str, words: str) -> None:
    with pytest.raises(Invalid, match=words):
        read_outcomes(text, "churn.csv")
