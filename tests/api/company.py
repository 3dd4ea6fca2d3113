"""A small company for the API's tests: its accounts' facts are folded, assessed and explained by the real functions."""

import datetime as dt
import hashlib
import random
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any, NamedTuple
from uuid import UUID, uuid5

from services.health import assess as health
from services.health.assess import Assessment, Context
from services.health.causes import as_json
from services.health.explain import Told, UsageDay, explain
from services.health.model import Model, load_models
from services.health.reasons import ROUNDING
from services.health.rules import bounded
from services.health.store.config import add_columns
from services.playbooks.handle import decide_on
from services.playbooks.house import House
from services.playbooks.loading import load
from services.playbooks.occasions import of_crossing
from services.playbooks.store.definitions import put_in_force
from shared import facts as known
from shared.clock import day_of, to_us
from shared.contracts import NATIVE, Crossing
from shared.database import Reading, Writing
from shared.facts import Event, Facts
from shared.fold import fold
from shared.outbox import pack_headers
from shared.settings import Settings

NOW = dt.datetime(2026, 11, 22, 9, 30, tzinfo=dt.UTC)
MODEL: Model = load_models()["hm-2"]
_SPACE = UUID("5b1c1c1e-0000-4000-8000-000000000000")


class Story(NamedTuple):
    """What has happened to one account. Days count back from now."""

    id: int
    name: str
    owner: str | None
    arr: int
    people: int = 12
    fades_from: int | None = None
    """Days ago from which ever fewer people use the product."""
    silent_for: int = 0
    nps: int | None = 9
    angry_tickets: int = 0
    late_invoices: int = 0
    meets: bool = True
    told: bool = True
    """False: the account is known by name alone."""
    domain: str = ""


ADA, GRACE = "ada@example.com", "grace@example.com"
STORIES = [
    Story(101, "Northwind Logistics", ADA, 148_000, 24, fades_from=34, nps=3, angry_tickets=5, meets=False),
    Story(102, "Zoë & Søn 🚀 GmbH", ADA, 62_000, 14, fades_from=50, silent_for=16, nps=6, angry_tickets=2),
    Story(103, "شركة النور للتجارة", GRACE, 91_000, 10, fades_from=26, nps=5, late_invoices=2, meets=False),
    Story(104, "<script>alert('Globex')</script>", ADA, 18_500, 8, fades_from=40, late_invoices=3, nps=7),
    Story(105, "Initech", GRACE, 33_000, 9, fades_from=18, angry_tickets=1, nps=8),
    Story(106, "Umbrella Research", ADA, 210_000, 40, nps=10),
    Story(107, "Wayne Facilities", GRACE, 77_000, 18, nps=9),
    Story(108, "Stark Components", ADA, 129_000, 30, nps=8, angry_tickets=1),
    Story(109, "Hooli", None, 12_000, 6, nps=None, meets=False),
    Story(110, "Brand New Ltd", ADA, 0, told=False),
]


def event_of(story: Story, kind: str, days_ago: float, **data: Any) -> Event:
    """A native event, `days_ago` days before now."""
    at = NOW - dt.timedelta(days=days_ago)
    body = NATIVE[kind][1].model_validate(data)
    raw = body.model_dump_json(exclude_unset=True).encode()
    digest = hashlib.blake2b(f"{story.id}{kind}{days_ago}".encode() + raw, digest_size=16).digest()
    return Event(
        digest, "product" if "usage" in kind else "crm", kind, ("native", str(story.id)), to_us(at), 0, body, raw
    )


def events_of(story: Story) -> Iterator[Event]:
    """Four months of an account, in no order."""
    luck = random.Random(story.id)
    if not story.told:
        return
    yield event_of(story, "account.updated", 119.5, name=story.name, owner=story.owner, arr=story.arr)
    yield event_of(
        story, "subscription.updated", 119.4, subscription_id="s1", status="active", amount=story.arr, interval="year",
        currency="EUR", started_at=(NOW - dt.timedelta(days=300)).isoformat(),
    )  # fmt: skip
    yield event_of(story, "sponsor.updated", 110, identified=story.meets, engaged=story.meets)
    yield from _usage(story, luck)
    for month in range(4):
        yield from _month(story, month)
    for ticket in range(story.angry_tickets):
        opened = 22 - 4.1 * ticket
        yield event_of(
            story, "ticket.updated", opened, ticket_id=f"T-{800 + ticket}", status="open", priority="urgent",
            sentiment="negative", subject="Export fails for large workspaces",
            opened_at=(NOW - dt.timedelta(days=opened)).isoformat(),
        )  # fmt: skip
    if story.nps is not None:
        yield event_of(
            story, "survey.response", 12.3, survey_id="n1", survey_type="nps", score=story.nps, comment="As it is."
        )


def _usage(story: Story, luck: random.Random) -> Iterator[Event]:
    features = ["dashboards", "reports", "exports", "alerts", "api", "automations", "integrations"]
    for day in range(118, story.silent_for, -1):
        weekday = (NOW - dt.timedelta(days=day)).weekday() < 5
        fade = 1.0 if story.fades_from is None else min(1.0, max(0.05, 1 - (story.fades_from - day) / 30))
        for person in range(story.people):
            if luck.random() < (0.62 if weekday else 0.08) * fade:
                yield event_of(
                    story, "usage.recorded", day + luck.random() / 2, person_id=f"p{person}",
                    feature=luck.choice(features[: max(2, int(7 * fade))]), actions=luck.randint(2, 30),
                )  # fmt: skip


def _month(story: Story, month: int) -> Iterator[Event]:
    paid = "open" if month < story.late_invoices else "paid"
    issued = 30 * month + 29
    yield event_of(
        story, "invoice.updated", issued - 20 if paid == "open" else issued - 5, invoice_id=f"I-{month}", status=paid,
        amount=round(story.arr / 12, 2), currency="EUR", issued_at=(NOW - dt.timedelta(days=issued)).isoformat(),
        due_at=(NOW - dt.timedelta(days=issued - 14)).isoformat(),
        paid_at=None if paid == "open" else (NOW - dt.timedelta(days=issued - 5)).isoformat(),
    )  # fmt: skip
    if story.meets or month > 1:
        yield event_of(
            story, "meeting.updated", 30 * month + 9, meeting_id=f"m{month}", status="held",
            starts_at=(NOW - dt.timedelta(days=30 * month + 9)).isoformat(),
        )  # fmt: skip


class Moved(NamedTuple):
    """A day on which the score moved."""

    at: dt.datetime
    before: Assessment
    after: Assessment
    causes: list[Any]


class Lived(NamedTuple):
    """An account's life: what is known now, and every day's close."""

    facts: Facts
    now: Assessment
    closes: list[tuple[dt.datetime, Assessment]]
    moves: list[Moved]
    events: list[Event]


def live(story: Story) -> Lived:
    """Folds and assesses an account day by day."""
    events = sorted(events_of(story), key=lambda event: event.occurred_at)
    facts, presence, context = Facts(), {}, Context()
    before, before_facts = health.assess(MODEL, facts, context, to_us(NOW - dt.timedelta(days=121))), facts
    closes, moves = [], []
    by_day = {day: list(inside) for day, inside in groupby(events, key=lambda event: day_of(event.occurred_at))}
    for back in range(120, -1, -1):
        at = NOW if back == 0 else (NOW - dt.timedelta(days=back - 1)).replace(hour=0, minute=0)
        today = by_day.get(day_of(to_us(at) - 1), [])
        facts, presence = fold(facts, presence, today)
        after = health.assess(MODEL, facts, context, to_us(at))
        if after.score != before.score:
            aged = health.assess(MODEL, before_facts, context, to_us(at))
            told = [Told(e.id.hex(), e.type, e.occurred_at) for e in today if e.type != "usage.recorded"]
            usage = [UsageDay(day_of(e.occurred_at), 1) for e in today if e.type == "usage.recorded"]
            counted = [UsageDay(day, len(list(same))) for day, same in groupby(usage, key=lambda one: one.day)]
            moves.append(Moved(at, before, after, explain(MODEL, before, aged, after, told, counted)))
        if back:
            closes.append((at - dt.timedelta(microseconds=1), after))
        before, before_facts = after, facts
    return Lived(facts, before, closes, moves, events)


_lives: dict[int, Lived] = {}


async def settle(tx: Writing, stories: list[Story] | None = None) -> None:
    """Writes the company as ingest and health would have left it; playbooks start their runs themselves."""
    for story in STORIES if stories is None else stories:
        lived = _lives.get(story.id) or _lives.setdefault(story.id, live(story))
        await _ingested(tx, story, lived)
        if story.told:
            await _assessed(tx, story, lived)
    await _rejected(tx)


async def _add(tx: Writing, table: str, **columns: Any) -> None:
    names = ", ".join(f'"{name}"' for name in columns)
    places = ", ".join(f"${number}" for number in range(1, len(columns) + 1))
    await tx.execute(f"INSERT INTO {table} ({names}) VALUES ({places})", *columns.values())


async def _ingested(tx: Writing, story: Story, lived: Lived) -> None:
    since = NOW - dt.timedelta(days=120)
    await _add(
        tx, "accounts", id=story.id, name=story.name, domain=f"{story.id}.example.com", industry="Logistics",
        country="DE", crm_owner=story.owner, created_at=since,
    )  # fmt: skip
    await _add(
        tx, "identities", source="native", external_id=f"acc-{story.id}", account_id=story.id, linked_at=since,
        event_id=bytes(16),
    )  # fmt: skip
    await _add(
        tx, "facts", account_id=story.id, version=len(lived.events), stamp=1, facts=known.encode(lived.facts),
        updated_at=NOW,
    )  # fmt: skip
    rows = [
        (event.id, event.source, event.type, story.id, "native", str(story.id), at, at, 0, version, event.raw)
        for version, event in enumerate(lived.events, 1)
        if event.type != "usage.recorded" or version > len(lived.events) - 250
        for at in [dt.datetime.fromtimestamp(event.occurred_at / 1e6, dt.UTC)]
    ]
    columns = "id source type account_id account_source account_key occurred_at received_at sequence version payload"
    await tx.copy("telling_events", columns.split(), rows)


async def _assessed(tx: Writing, story: Story, lived: Lived) -> None:
    now, episode = lived.now, uuid5(_SPACE, f"episode {story.id}")
    fell = next((move for move in reversed(lived.moves) if move.before.band != move.after.band), None)
    since = fell.at if fell else NOW - dt.timedelta(days=119)
    await _add(
        tx, "scores", account_id=story.id, model=now.model, segment=now.segment, score=now.score, raw=bounded(now),
        coverage=now.coverage, band=now.band, assessment=health.encode(now), facts=known.encode(lived.facts),
        facts_version=300, assessed_at=NOW, effective_at=since, next_due=NOW + dt.timedelta(hours=14),
        closed_through=day_of(to_us(NOW)) - 1, episode_id=episode, episode_band=now.band, episode_opened_at=since,
    )  # fmt: skip
    await _add(
        tx, "episodes", id=episode, account_id=story.id, model=now.model, band=now.band, opened_at=since, cause="events"
    )
    closes = [("close", at, close) for at, close in lived.closes]
    moves = [("move", move.at, move.after) for move in lived.moves]
    await remember(tx, story.id, [(kind, at, at, row) for kind, at, row in closes + moves])
    for move in lived.moves[-14:]:
        await _add(
            tx, "score_changes", account_id=story.id, at=move.at, from_score=move.before.score,
            to_score=move.after.score, from_raw=bounded(move.before), to_raw=bounded(move.after), from_version=1,
            to_version=2, cause="events", parts=_parts(move),
        )  # fmt: skip
    await _add(
        tx, "signals", id=uuid5(_SPACE, f"signal {story.id}"), account_id=story.id, kind="usage_drop",
        label="Use declines", side="risk", severity="warning", about="", words="Use declines: -42 %", evidence="[]",
        measures='{"usage_trend": -0.42}', window_days=30, at=NOW - dt.timedelta(days=3),
    )  # fmt: skip
    if fell and (fell.after.score or 0) < (fell.before.score or 0):
        await _fell(tx, story, fell, episode)


async def remember(tx: Writing, account: int, rows: Iterable[tuple[str, dt.datetime, dt.datetime, Assessment]]) -> None:
    """Rows of the score's history: (kind, effective at, recorded at, what was in effect)."""
    await add_columns(tx, [read.column for read in MODEL.read])
    columns = "account_id kind effective_at recorded_at model segment score raw coverage band measures"
    await tx.copy("score_history", columns.split(), [
        (account, kind, at, recorded, row.model, row.segment, row.score, bounded(row), row.coverage, row.band,
         [part.value for part in row.contributions])
        for kind, at, recorded, row in rows
    ])  # fmt: skip


def _parts(move: Moved) -> str:
    """As health keeps them: before rounding."""
    return as_json([cause for cause in move.causes if cause.measure != ROUNDING])


async def _fell(tx: Writing, story: Story, move: Moved, episode: UUID) -> None:
    crossing = Crossing(
        crossing_id=str(uuid5(_SPACE, f"crossing {story.id}")), account_id=story.id, episode_id=str(episode),
        model=move.after.model, from_band=move.before.band, to_band=move.after.band, direction="down",
        score=move.after.score, previous_score=move.before.score, lower_bound=40, at=move.at,
        causes=[cause.told for cause in move.causes],
    )  # fmt: skip
    await _add(
        tx, "crossings", id=UUID(crossing.crossing_id), account_id=story.id, episode_id=episode, model=crossing.model,
        from_band=crossing.from_band, to_band=crossing.to_band, direction="down", score=crossing.score,
        previous_score=crossing.previous_score, at=move.at, causes=_parts(move),
    )  # fmt: skip
    library = load()
    house = House(Settings(), library, await put_in_force(tx, library, NOW))
    await decide_on(tx, house, [of_crossing(crossing)], move.at)


async def first_task(tx: Reading, account: int = 102) -> UUID:
    """An open task of the account's run."""
    found: UUID = await tx.value(
        "SELECT id FROM tasks WHERE account_id = $1 AND status = 'open' ORDER BY due_on, position LIMIT 1", account
    )
    return found


async def _rejected(tx: Writing) -> None:
    broken = [("not_json", b"{oops"), ("unknown_type", b"{}"), ("not_json", b"\xff\x00")]
    for offset, (reason, value) in enumerate(broken):
        await _add(
            tx, "rejected", source="crm", topic="crm.events", partition=0, offset=offset, reason=reason,
            words="in words", headers=pack_headers([("ce_id", b"e1")]), key=b"acme", value=value,
            first_received_at=NOW, rejected_at=NOW,
        )  # fmt: skip
