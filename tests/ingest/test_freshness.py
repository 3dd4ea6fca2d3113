"""A source's silence means something once it is longer than its silences usually are."""

import datetime as dt

from hypothesis import given
from hypothesis import strategies as st

from services.ingest.freshness import Freshness, quiet
from services.ingest.handle import Ingest
from services.ingest.nouns import Arrival
from services.ingest.store import sources
from shared.broker import Outgoing, Partition, Record
from shared.clock import from_us, to_us
from shared.contracts import Topic
from shared.database import Database
from shared.freshness import DAYS, is_quiet, quiet_after, usual_gap, with_gap
from shared.metrics import SOURCE_LAST, SOURCE_QUIET
from shared.settings import Settings
from tests import cast
from tests.cast import NOW, acme_exists
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
        freshness.count([Arrival(event, to_us(at))])
        await freshness.flush(database)


async def take(database: Database, ingest: Ingest, *records: Outgoing) -> None:
    """A batch off the topics, as it arrives now; then a look."""
    some = [Record(Partition(out.topic, 0), n, to_us(NOW) // 1000, out.key, out.value, out.headers)
            for n, out in enumerate(records)]  # fmt: skip
    async with database.writing() as tx:
        await ingest.on_records(tx, some, NOW)
    await ingest.freshness.flush(database)


def used_at(at: dt.datetime) -> Outgoing:
    return cast.told("usage.recorded", person_id="mia", at=at)


async def test_what_comes_twice_is_heard_twice_and_counted_once(database: Database) -> None:
    ingest, once = Ingest(Settings()), acme_exists()
    for _ in range(2):
        await take(database, ingest, once)
    async with database.reading() as tx:
        row = await tx.row("SELECT accepted, last_received_at, last_event_at FROM sources")
    assert row
    assert tuple(row) == (1, NOW, NOW)


async def test_a_source_that_tells_only_what_is_of_no_use_is_heard(database: Database) -> None:
    body = b'{"object":"event","id":"evt_1","type":"payout.paid","created":1763800000,"data":{"object":{}}}'
    unused = Outgoing(str(Topic.BILLING), None, body, [("ce_type", b"stripe.event"), ("ce_source", b"stripe")])
    await take(database, Ingest(Settings()), unused)
    async with database.reading() as tx:
        row = await tx.row("SELECT source, accepted, last_received_at, last_event_at FROM sources")
    assert row
    assert tuple(row) == ("stripe", 0, NOW, None)


async def test_events_ahead_of_their_arrival_are_taken_and_counted(database: Database) -> None:
    second = dt.timedelta(seconds=1)
    await take(database, Ingest(Settings()), acme_exists(), used_at(NOW + second), used_at(NOW + 2 * second))
    async with database.reading() as tx:
        row = await tx.row("SELECT accepted, skewed FROM sources")
    assert row
    assert tuple(row) == (3, 1)


async def test_what_people_decide_is_no_source_s_news(database: Database) -> None:
    freshness = Freshness()
    freshness.count([Arrival(used("mia", 0, 1)._replace(source="steward"), to_us(NOW))])
    await freshness.flush(database)
    async with database.reading() as tx:
        assert await sources.every(tx) == []


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
