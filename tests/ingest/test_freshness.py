"""A source's silence means something once it is longer than its silences usually are."""

import datetime as dt

from hypothesis import given
from hypothesis import strategies as st

from services.ingest.freshness import Freshness, quiet
from services.ingest.nouns import Arrival
from services.ingest.store import sources
from shared.clock import from_us, to_us
from shared.database import Database
from shared.freshness import DAYS, is_quiet, quiet_after, usual_gap, with_gap
from shared.metrics import SOURCE_LAST, SOURCE_QUIET
from shared.settings import Settings
from tests.cast import NOW
from tests.ingest.stories import used

HOUR = dt.timedelta(hours=1)
DAY = dt.timedelta(days=1)
NIGHT, WEEKEND = 14 * 3600, 62 * 3600


def test_a_night_is_no_alarm_for_who_sends_by_day() -> None:
    usual = dt.timedelta(seconds=usual_gap([NIGHT] * 10) or 0)
    assert not is_quiet(NOW, NOW - 15 * HOUR, usual)
    assert is_quiet(NOW, NOW - 29 * HOUR, usual)


def test_a_weekend_is_no_alarm_for_who_rests_on_weekends() -> None:
    month = [WEEKEND, NIGHT, NIGHT, NIGHT, NIGHT] * 4
    assert usual_gap(month) == WEEKEND


def test_one_outage_is_not_usual() -> None:
    assert usual_gap([60] * 20 + [9 * 24 * 3600]) == 60


def test_a_busy_source_is_quiet_after_an_hour_and_not_before() -> None:
    second = dt.timedelta(seconds=1)
    assert not is_quiet(NOW, NOW - HOUR, second)
    assert is_quiet(NOW, NOW - HOUR - second, second)


def test_before_enough_is_known_a_day_is_usual() -> None:
    assert usual_gap([5, 5]) is None
    assert quiet_after(None) == 2 * DAY


def test_a_source_that_was_never_heard_is_not_quiet() -> None:
    assert not is_quiet(NOW, None, None)


@given(st.lists(st.integers(0, 10**6), min_size=3, max_size=DAYS))
def test_the_usual_gap_is_one_that_was(longest: list[int]) -> None:
    found = usual_gap(longest)
    assert found in longest
    assert sum(gap <= found for gap in longest) >= 0.9 * len(longest)


@given(st.lists(st.tuples(st.integers(0, 60), st.integers(0, 10**6)), max_size=200))
def test_each_day_has_one_longest_gap_and_days_are_bounded(told: list[tuple[int, int]]) -> None:
    longest: list[int] = []
    on: dt.date | None = None
    best: dict[dt.date, int] = {}
    for offset, gap in sorted(told, key=lambda pair: pair[0]):
        day = NOW.date() + offset * DAY
        longest = with_gap(longest, on, day, gap)
        on = day
        best[day] = max(best.get(day, 0), gap)
    assert longest == [best[day] for day in sorted(best)][-DAYS:]


def test_of_days_that_are_over_nothing_more_is_learnt() -> None:
    assert with_gap([5, 7], NOW.date(), NOW.date() - DAY, 99) == [5, 7]


# --- kept ---------------------------------------------------------------------------------------------


async def hear(database: Database, freshness: Freshness, *times: dt.datetime) -> None:
    """An event of `app` at each time, and a look after each."""
    for number, at in enumerate(times):
        event = used("mia", 0, number)._replace(occurred_at=to_us(at))
        freshness.hear([Arrival(event, to_us(at))])
        await freshness.flush(database)


async def test_a_source_is_known_by_its_last_event_and_its_longest_silences(database: Database) -> None:
    days = [NOW + n * DAY + h * HOUR for n in range(4) for h in (0, 1, 9)]
    await hear(database, Freshness(), *days)
    async with database.reading() as tx:
        row = await tx.row("SELECT * FROM sources")
    assert row is not None
    assert (row["accepted"], row["last_received_at"]) == (12, days[-1])
    assert row["longest_gaps"] == [8 * 3600, 15 * 3600, 15 * 3600, 15 * 3600]
    assert row["usual_gap_s"] == 15 * 3600


async def test_two_processes_do_not_take_each_others_news_for_silence(database: Database) -> None:
    one, two = Freshness(), Freshness()
    await hear(database, one, NOW, NOW + 2 * HOUR)
    await hear(database, two, NOW + HOUR, NOW + 3 * HOUR)
    async with database.reading() as tx:
        assert await tx.value("SELECT longest_gaps FROM sources") == [2 * 3600]


async def test_the_metrics_say_who_is_quiet(database: Database) -> None:
    freshness = Freshness()
    await hear(database, freshness, *(NOW + n * HOUR for n in range(80)))
    last = NOW + 79 * HOUR
    for now, told in ((last + HOUR, 0), (last + 3 * HOUR, 1)):
        await freshness.tell(database, Settings(), now)
        assert SOURCE_QUIET.labels("app")._value.get() == told
    assert from_us(int(SOURCE_LAST.labels("app")._value.get() * 1_000_000)) == last


async def test_a_file_that_was_imported_once_does_not_alarm(database: Database) -> None:
    freshness = Freshness()
    await hear(database, freshness, NOW)
    await freshness.tell(database, Settings(), NOW + 90 * DAY)
    assert SOURCE_QUIET.labels("app")._value.get() == 0
    async with database.reading() as tx:
        (row,) = await sources.every(tx)
    assert quiet(row, Settings(), NOW + 90 * DAY)


async def test_a_held_source_is_listed_though_it_was_never_understood(database: Database) -> None:
    async with database.writing() as tx:
        await tx.execute("INSERT INTO sources (source, held_since) VALUES ('crm', $1)", NOW)
        (row,) = await sources.every(tx)
    assert (row["source"], row["last_received_at"], row["held_since"]) == ("crm", None, NOW)
