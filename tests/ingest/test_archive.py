"""History outlives the database: days go into files, are read back, and only then leave."""

import datetime as dt
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from moto.server import ThreadedMotoServer
from s3fs import S3FileSystem

from services.ingest import archive_files, archiving
from services.ingest.archive_hourly import run_hourly
from services.ingest.archiving import Order, run
from services.ingest.handle import Ingest
from services.ingest.nouns import Arrival
from services.ingest.store import archive as store
from services.ingest.store import events as event_store
from shared.archive import Archive, Damaged, Entry, Filed
from shared.clock import to_us
from shared.database import Database
from shared.errors import Conflict, Invalid, NotFound, Refused
from shared.facts import Event
from shared.metrics import ARCHIVE_FAILED
from shared.settings import Settings
from tests.cast import NOW
from tests.ingest.stories import event

DAY = dt.timedelta(days=1)
OLD = NOW - 300 * DAY


def filed(number: int, **more: object) -> Filed:
    one = Filed(number.to_bytes(16, "big"), "app", "login.recorded", 7, "native", "acme", 5, 6 + number, 0, 1, b"{}")
    return one._replace(**more)


SOME = [filed(number, payload=b'{"n":"\xc3\xa9"}', account_id=number % 3) for number in range(50)]


def entry_of(archive: Archive, events: Sequence[Filed] = SOME) -> Entry:
    entry = archive.write("2026-01-05", "telling", 1, [events])
    assert entry is not None
    return entry


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    return Archive(str(tmp_path / "archive"))


# --- a file -------------------------------------------------------------------------------------------


@given(
    st.lists(
        st.builds(
            Filed, st.binary(min_size=16, max_size=16), st.text(max_size=5), st.sampled_from(["a", "b"]),
            st.integers(1, 2**53), st.just("native"), st.text(max_size=9), st.integers(0, 7 * 10**15),
            st.integers(0, 7 * 10**15), st.integers(-(2**63), 2**63 - 1), st.integers(0, 2**40),
            st.text(max_size=30).map(str.encode),
        ),
        min_size=1, max_size=20, unique_by=lambda one: one.id,
    )
)  # fmt: skip
def test_what_is_written_is_read(events: list[Filed]) -> None:
    archive = Archive("memory://property")
    ordered = sorted(events)
    entry = entry_of(archive, ordered)
    assert [one for batch in archive.read(entry) for one in batch] == ordered
    assert entry.rows == len(events)
    assert entry.first_received == min(one.received_at for one in events)
    archive.check(entry)


def test_of_no_events_there_is_no_file(archive: Archive) -> None:
    assert archive.write("2026-01-05", "telling", 1, []) is None
    assert archive.strays([]) == []


def test_an_event_is_found_by_its_id(archive: Archive) -> None:
    entry = entry_of(archive)
    assert archive.find(entry, SOME[33].id) == SOME[33]
    assert archive.find(entry, b"\xff" * 16) is None


def test_ids_of_many_row_groups_are_found(archive: Archive) -> None:
    many = [filed(number) for number in range(0, 90_000, 2)]
    entry = entry_of(archive, many)
    assert archive.find(entry, many[41_000].id) == many[41_000]
    assert archive.find(entry, filed(40_001).id) is None


def test_a_file_that_was_touched_is_damaged(archive: Archive, tmp_path: Path) -> None:
    entry = entry_of(archive)
    path = tmp_path / "archive" / entry.path
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(Damaged):
        archive.check(entry)
    path.unlink()
    with pytest.raises(NotFound):
        archive.check(entry)


def test_a_file_is_written_anew_through_a_change(archive: Archive) -> None:
    entry = entry_of(archive)
    new = archive.rewrite(entry, lambda one: None if one.account_id == 1 else one._replace(payload=b"{}"))
    assert new is not None
    assert {one.account_id for batch in archive.read(new) for one in batch} == {0, 2}
    assert archive.strays({entry.path, new.path}) == []
    assert archive.rewrite(new, lambda one: one) == new
    assert archive.rewrite(new, lambda _: None) is None


def test_the_manifest_lists_every_file(archive: Archive) -> None:
    with pytest.raises(NotFound):
        archive.read_manifest()
    entries = [entry_of(archive), entry_of(archive, SOME[:3])]
    archive.write_manifest(entries)
    assert archive.read_manifest() == entries


def test_an_archive_that_nobody_can_open_says_so() -> None:
    with pytest.raises(Invalid):
        Archive("nowhere://bucket")


# --- days into files ----------------------------------------------------------------------------------


def story(day: dt.datetime, number: int) -> list[Event]:
    """An account is known, somebody signs in twice and uses the product."""
    at = to_us(day)
    return [
        event("account.updated", at, number, name="Acme"),
        event("login.recorded", at + 1, number + 1, person_id="mia"),
        event("usage.recorded", at + 2, number + 2, person_id="mia", feature="reports"),
        event("usage.recorded", at + 3, number + 3, person_id="ben"),
    ]


async def accept(database: Database, *days: dt.datetime, ingest: Ingest | None = None, number: int = 0) -> None:
    """Each day's story, arriving as it happens."""
    ingest = ingest or Ingest(Settings())
    for turn, day in enumerate(days):
        async with database.writing() as tx:
            await event_store.make_partition(tx, day.date().replace(day=1))
            arrivals = [Arrival(one, to_us(day) + 9) for one in story(day, number + 10 * turn)]
            await ingest.accept(tx, arrivals, day, imported=True)


def order(now: dt.datetime = NOW, **more: bool) -> Order:
    return Order(now, after_days=2, keep_days=220, **more)


async def ids(database: Database) -> set[bytes]:
    async with database.reading() as tx:
        return {row["id"] for row in await tx.fetch("SELECT id FROM events")}


async def kept(database: Database) -> list[store.Kept]:
    async with database.reading() as tx:
        return await store.files(tx)


def ids_in(archive: Archive, files: Sequence[store.Kept]) -> list[bytes]:
    return [one.id for file in files for batch in archive.read(file.entry) for one in batch]


async def test_a_day_is_archived_once_it_is_old_enough(database: Database, archive: Archive) -> None:
    days = (NOW - 40 * DAY, NOW - 3 * DAY, NOW - DAY)
    await accept(database, *days)
    done = await run(database, archive, order())
    assert (done.files, done.events, done.left_days) == (4, 8, 0)
    files = await kept(database)
    assert [(k.entry.day, k.entry.kind, k.entry.rows) for k in files] == [
        (day.date().isoformat(), kind, rows) for day in days[:2] for kind, rows in (("activity", 3), ("telling", 1))
    ]
    assert len(ids_in(archive, files)) == len(set(ids_in(archive, files)) & await ids(database)) == 8
    assert archive.read_manifest() == [k.entry for k in files]
    assert await archive_files.verify(database, archive) == []


async def test_a_second_run_has_nothing_to_do(database: Database, archive: Archive) -> None:
    await accept(database, NOW - 3 * DAY)
    await run(database, archive, order())
    before = await kept(database)
    assert await run(database, archive, order(recount=True)) == archiving.Done(0, 0, 0)
    assert await kept(database) == before


async def test_what_came_late_for_an_archived_day_is_archived_with_it(database: Database, archive: Archive) -> None:
    await accept(database, NOW - 3 * DAY)
    await run(database, archive, order())
    await accept(database, NOW - 3 * DAY, number=100)
    assert (await run(database, archive, order(recount=True))).files == 2
    files = await kept(database)
    assert sorted(ids_in(archive, files)) == sorted(await ids(database))
    assert await archive_files.verify(database, archive) == []


async def test_old_activity_leaves_and_what_tells_something_stays(database: Database, archive: Archive) -> None:
    await accept(database, OLD, NOW - 3 * DAY)
    whole = await ids(database)
    done = await run(database, archive, order())
    assert done.left_days == 1
    left = await ids(database)
    gone = [k for k in await kept(database) if k.left_at is not None]
    assert [(k.entry.day, k.entry.kind) for k in gone] == [(OLD.date().isoformat(), "activity")]
    assert whole - left == set(ids_in(archive, gone))
    async with database.reading() as tx:
        assert await tx.value("SELECT to_regclass($1)", f"activity_{OLD:%Y_%m}") is None
        assert await tx.value("SELECT count(*) FROM telling_events") == 2


async def test_old_activity_without_a_month_of_its_own_leaves_too(database: Database, archive: Archive) -> None:
    ingest = Ingest(Settings())
    async with database.writing() as tx:
        arrivals = [Arrival(one, to_us(OLD)) for one in story(OLD, 0)]
        await ingest.accept(tx, arrivals, OLD, imported=True)
    assert (await run(database, archive, order())).left_days == 1
    assert len(await ids(database)) == 1


async def test_a_damaged_file_is_written_anew_before_anything_leaves(
    database: Database, archive: Archive, tmp_path: Path
) -> None:
    await accept(database, OLD)
    await run(database, archive, order()._replace(keep_days=1_000))
    (activity, _) = await kept(database)
    (tmp_path / "archive" / activity.entry.path).write_bytes(b"rubbish")
    assert [fault.path for fault in await archive_files.verify(database, archive)] == [activity.entry.path]
    assert (await run(database, archive, order())).left_days == 1
    assert await archive_files.verify(database, archive) == []
    assert len(ids_in(archive, await kept(database))) == 4


class Unreliable(Archive):
    """Says that it took a file, and did not."""

    def _keep(self, written: str, path: str) -> None:
        super()._keep(written, path)
        (Path(self.url) / path).write_bytes(b"")


async def test_what_cannot_be_read_back_is_not_listed_and_does_not_leave(database: Database, tmp_path: Path) -> None:
    await accept(database, OLD)
    with pytest.raises(Damaged):
        await run(database, Unreliable(str(tmp_path)), order())
    assert await kept(database) == []
    assert len(await ids(database)) == 4


async def test_what_comes_for_a_day_that_has_left_is_a_part_of_its_own(database: Database, archive: Archive) -> None:
    ingest = Ingest(Settings())
    await accept(database, OLD, ingest=ingest)
    await run(database, archive, order())
    await accept(database, OLD, ingest=ingest, number=100)
    await run(database, archive, order(recount=True))
    parts = [(k.entry.kind, k.entry.part, k.entry.rows) for k in await kept(database)]
    assert parts == [("activity", 1, 3), ("activity", 2, 3), ("telling", 1, 2)]


async def test_only_one_is_at_the_archive(database: Database, archive: Archive) -> None:
    async with archive_files.alone(database):
        with pytest.raises(Conflict):
            await run(database, archive, order())


async def test_files_of_a_process_that_died_are_named_and_tidied_away(database: Database, archive: Archive) -> None:
    await accept(database, NOW - 3 * DAY)
    await run(database, archive, order())
    stray = entry_of(archive).path
    assert [fault.path for fault in await archive_files.verify(database, archive)] == [stray]
    assert await archive_files.tidy(database, archive) == 1
    assert await archive_files.verify(database, archive) == []


async def test_an_hourly_run_that_breaks_off_is_counted_and_ends_nothing(database: Database, tmp_path: Path) -> None:
    await accept(database, NOW - 3 * DAY)
    (tmp_path / "file").write_text("in the way")
    before = ARCHIVE_FAILED._value.get()
    await run_hourly(database, Settings(archive_url=str(tmp_path / "file")), NOW)
    assert ARCHIVE_FAILED._value.get() == before + 1
    await run_hourly(database, Settings(archive_url=str(tmp_path / "archive")), NOW)
    assert ARCHIVE_FAILED._value.get() == before + 1
    assert len(await kept(database)) == 2


def test_activity_stays_for_as_long_as_a_correction_may_read_it() -> None:
    wanted = archiving.order_of(Settings(keep_activity_days=100, horizon_days=90), NOW)
    assert wanted.keep_days == 218


def test_without_a_url_there_is_no_archive() -> None:
    with pytest.raises(Refused):
        archive_files.opened(Settings())


# --- a bucket -----------------------------------------------------------------------------------------


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A bucket on loopback."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
    S3FileSystem(skip_instance_cache=True).mkdir("history")
    yield "s3://history/steward"
    server.stop()


async def test_a_bucket_is_an_archive_like_a_directory(database: Database, bucket: str) -> None:
    archive = Archive(bucket)
    await accept(database, OLD, NOW - 3 * DAY)
    whole = await ids(database)
    assert (await run(database, archive, order())).left_days == 1
    files = await kept(database)
    assert set(ids_in(archive, files)) == whole
    assert await archive_files.verify(database, archive) == []
    gone = [await archive_files.rewrite_file(database, archive, k.entry, lambda _: None, NOW) for k in files]
    assert gone == [True] * 4
    assert await kept(database) == []
