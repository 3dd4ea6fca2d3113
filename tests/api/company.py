"""A small company for the API's tests: its accounts' facts are folded, assessed and explained by the real functions."""

import datetime as dt
import hashlib
import json
import random
from collections.abc import Iterator
from itertools import groupby
from typing import Any, NamedTuple
from uuid import UUID, uuid5

from services.health import assess as health
from services.health.assess import Assessment, Context
from services.health.explain import Told, UsageDay, explain
from services.health.model import Model, load_models
from shared import facts as known
from shared.clock import day_of, to_us
from shared.contracts import NATIVE
from shared.database import Writing
from shared.facts import Event, Facts
from shared.fold import fold
from shared.outbox import pack_headers

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
    return Event(digest, "product" if "usage" in kind else "crm", kind, ("native", str(story.id)), to_us(at), 0, body, raw)


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
            closes.append((at, after))
        before, before_facts = after, facts
    return Lived(facts, before, closes, moves, events)


_lives: dict[int, Lived] = {}


async def settle(tx: Writing, stories: list[Story] | None = None) -> None:
    """Writes the company as ingest, health and playbooks would have left it."""
    for story in stories or STORIES:
        lived = _lives.setdefault(story.id, live(story))
        await _ingested(tx, story, lived)
        if story.told:
            await _assessed(tx, story, lived)
            if lived.now.band == "critical":
                await _played(tx, story, lived)
    await _rejected(tx)


async def _ingested(tx: Writing, story: Story, lived: Lived) -> None:
    await tx.execute(
        "INSERT INTO accounts (id, name, domain, industry, country, crm_owner, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7)",
        story.id, story.name, f"{story.id}.example.com", "Logistics", "DE", story.owner, NOW - dt.timedelta(days=120),
    )  # fmt: skip
    await tx.execute(
        "INSERT INTO identities (source, external_id, account_id, linked_at, event_id) VALUES ('native', $1, $2, $3, $4)",
        f"acc-{story.id}", story.id, NOW - dt.timedelta(days=120), bytes(16),
    )  # fmt: skip
    columns = ("id", "source", "type", "account_id", "account_source", "account_key", "occurred_at", "received_at",
               "sequence", "version", "payload")  # fmt: skip
    await tx.copy(
        "events",
        columns,
        [
            (e.id, e.source, e.type, story.id, "native", str(story.id), at, at, 0, version, e.raw)
            for version, e in enumerate(lived.events[-400:], 1)
            for at in [dt.datetime.fromtimestamp(e.occurred_at / 1e6, dt.UTC)]
        ],
    )


async def _assessed(tx: Writing, story: Story, lived: Lived) -> None:
    now, episode = lived.now, uuid5(_SPACE, f"episode {story.id}")
    fell = next((m for m in reversed(lived.moves) if m.before.band != m.after.band), None)
    since = fell.at if fell else NOW - dt.timedelta(days=119)
    await tx.execute(
        """
        INSERT INTO scores (account_id, model, segment, score, raw, coverage, band, assessment, facts, facts_version,
            assessed_at, effective_at, next_due, closed_through, episode_id, episode_band, episode_opened_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)
        """,
        story.id, now.model, now.segment, now.score, now.raw, now.coverage, now.band, health.encode(now),
        known.encode(lived.facts), len(lived.events), NOW, since, NOW + dt.timedelta(hours=14), day_of(to_us(NOW)) - 1,
        episode, now.band, since,
    )  # fmt: skip
    await tx.copy(
        "score_history",
        ("account_id", "kind", "effective_at", "recorded_at", "model", "segment", "score", "raw", "coverage", "band", "measures"),
        [
            (story.id, kind, at, at, a.model, a.segment, a.score, a.raw, a.coverage, a.band,
             [c.value for c in a.contributions])
            for kind, rows in (("close", lived.closes), ("move", [(m.at, m.after) for m in lived.moves]))
            for at, a in rows
        ],
    )  # fmt: skip
    for move in lived.moves[-14:]:
        await tx.execute(
            "INSERT INTO score_changes (account_id, at, from_score, to_score, from_version, to_version, cause, parts)"
            " VALUES ($1, $2, $3, $4, 1, 2, 'events', $5::jsonb)",
            story.id, move.at, move.before.score, move.after.score, _parts(move.causes),
        )  # fmt: skip
    await tx.execute(
        "INSERT INTO episodes (id, account_id, model, band, opened_at, cause) VALUES ($1, $2, $3, $4, $5, 'events')",
        episode, story.id, now.model, now.band, since,
    )  # fmt: skip
    if fell and (fell.after.score or 0) < (fell.before.score or 0):
        await tx.execute(
            "INSERT INTO crossings (id, account_id, episode_id, model, from_band, to_band, direction, score, previous_score,"
            " at, causes) VALUES ($1, $2, $3, $4, $5, $6, 'down', $7, $8, $9, $10::jsonb)",
            uuid5(_SPACE, f"crossing {story.id}"), story.id, episode, now.model, fell.before.band, now.band,
            fell.after.score, fell.before.score, fell.at, _parts(fell.causes),
        )  # fmt: skip


def _parts(causes: list[Any]) -> str:
    return json.dumps([cause.model_dump() for cause in causes])


_STEPS = [
    ("review", 0, "Review the account", "internal", "csm"),
    ("champion", 1, "Reach out to the champion", "email", "csm"),
    ("escalate", 2, "Escalate internally if there is no response", "slack", "csm"),
    ("discovery", 5, "Hold the discovery call", "video", "csm"),
    ("cause", 7, "Name the root cause", "internal", "csm"),
    ("plan", 10, "Write the recovery plan", "success_plan", "csm"),
]


def task_id(story: int, step: str) -> UUID:
    """The id of the task that a step opened."""
    return uuid5(_SPACE, f"task {story} {step}")


async def _played(tx: Writing, story: Story, lived: Lived) -> None:
    run, started = uuid5(_SPACE, f"run {story.id}"), NOW - dt.timedelta(days=2, hours=3)
    await tx.execute(
        "INSERT INTO runs (id, playbook, playbook_version, account_id, occasion_kind, occasion, state, words, started_at,"
        " looked_at, progress) VALUES ($1, 'at-risk', 1, $2, 'episode', $3, 'open', $4, $5, $5, '{}')",
        run, story.id, f"episode {story.id}", f"Health dropped below 40: the score is {lived.now.score}", started,
    )  # fmt: skip
    for position, (step, offset, title, channel, role) in enumerate(_STEPS):
        done = position == 0
        await tx.execute(
            "INSERT INTO tasks (id, run_id, account_id, step, position, title, instructions, channel, role, owner, due_on,"
            " opened_at, status, outcome, closed_at, closed_by)"
            " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)",
            task_id(story.id, step), run, story.id, step, position, title, "Look at usage, tickets and invoices first.",
            channel, role, story.owner, started.date() + dt.timedelta(days=offset), started,
            "done" if done else "open", "Looked at everything" if done else None,
            started + dt.timedelta(hours=4) if done else None, story.owner if done else None,
        )  # fmt: skip
    await tx.execute(
        "INSERT INTO deliveries (id, run_id, account_id, step, channel, address, payload, words, status, attempts,"
        " next_attempt_at, created_at, sent_at) VALUES ($1, $2, $3, 'alert', 'slack', 'webhook', '{}', $4, 'sent', 1, $5, $5, $5)",
        uuid5(_SPACE, f"delivery {story.id}"), run, story.id, f"{story.name} fell to {lived.now.score}", started,
    )  # fmt: skip


async def _rejected(tx: Writing) -> None:
    for offset, (reason, value) in enumerate([("not_json", b"{oops"), ("unknown_type", b"{}"), ("not_json", b"\xff\x00")]):
        await tx.execute(
            'INSERT INTO rejected (source, topic, partition, "offset", reason, words, headers, key, value,'
            " first_received_at, rejected_at) VALUES ('crm', 'crm.events', 0, $1, $2, 'in words', $3, $4, $5, $6, $6)",
            offset, reason, pack_headers([("ce_id", b"e1")]), b"acme", value, NOW,
        )  # fmt: skip
