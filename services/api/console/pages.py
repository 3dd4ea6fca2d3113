"""Today, one account, one event."""

import datetime as dt
import json
from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Annotated, NamedTuple

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse

from services.api.access import InForceNow, Read, Time, Visitor
from services.api.console import charts
from services.api.console.drawing import draw
from services.api.params import AccountId, Cursor, EventId, Word
from services.api.queries import accounts, companies, events, timeline, today, work
from services.api.schemas import AccountDetail, Change, HistoryRow, ModelBand, Task
from services.health.model import Model
from shared.errors import Merged

router = APIRouter()
_AHEAD = dt.timedelta(days=7)
_HISTORY = dt.timedelta(days=90)
_LINES = 60
_RENEWS_WITHIN = dt.timedelta(days=60)


class BandShare(NamedTuple):
    """A band, how many accounts are in it, and its piece of the strip in percent."""

    name: str
    color: str
    accounts: int
    x: float
    width: float


@router.get("/")
async def today_page(
    *,
    request: Request,
    rules: InForceNow,
    caller: Visitor,
    tx: Read,
    clock: Time,
    q: Annotated[str, Query(max_length=200)] = "",
    band: Word = None,
    cursor: Cursor = None,
) -> Response:
    """Who needs me and why, what is due, what renews, what was sent. With `q` or `band`: the accounts asked for."""
    now = clock.now()
    bands = bands_of(rules.in_force.values())
    asked = q.replace("\x00", "").strip()
    urgent = [one.name for one in bands if one.color in ("orange", "red")]
    if asked or band:
        wanted = accounts.AccountFilter([band] if band else None, q=asked or None)
        needs = today.Needs(await accounts.list_accounts(tx, caller, wanted, limit=25, cursor=cursor, now=now), [])
    else:
        needs = await today.needs(tx, caller, urgent, now, limit=25, cursor=cursor)
    found = needs.found
    due = await work.list_tasks(tx, caller, work.TaskFilter(status="open", due_by=now.date() + _AHEAD), 40)
    counts = await today.bands_at_a_glance(tx, caller)
    return draw(
        request,
        "today.html",
        caller,
        q=asked,
        band=band,
        strip=_strip(bands, counts),
        urgent=sum(counts.get(name, 0) for name in urgent),
        found=found,
        left=needs.left,
        renewals=await today.renewals(tx, caller, now, now + _RENEWS_WITHIN),
        why=await today.why(tx, [one.id for one in found.data], rules.models, now),
        colors=colors_of(bands_of(rules.models.values())),
        due=_by_day(due.data, now.date()),
        overdue=sum(task.due_on < now.date() for task in due.data),
        alerts=await today.newest_alerts(tx, caller),
    )


@router.get("/accounts")
async def accounts_page(  # noqa: PLR0917
    request: Request,
    rules: InForceNow,
    caller: Visitor,
    tx: Read,
    clock: Time,
    band: Annotated[str, Query(max_length=200)] = "",
    owner: Annotated[str, Query(max_length=200)] = "",
    segment: Annotated[str, Query(max_length=200)] = "",
    cursor: Cursor = None,
) -> Response:
    """All accounts, worst score first; by band, owner, segment."""
    wanted = accounts.AccountFilter([band] if band else None, owner or None, segment or None)
    bands = bands_of(rules.in_force.values())
    return draw(
        request,
        "accounts.html",
        caller,
        found=await accounts.list_accounts(tx, caller, wanted, limit=100, cursor=cursor, now=clock.now()),
        asked={"band": band, "owner": owner, "segment": segment},
        choices={
            "band": [*(one.name for one in bands), "unknown"],
            "owner": await accounts.known_owners(tx, caller),
            "segment": sorted(rules.in_force),
        },
        colors=colors_of(bands_of(rules.models.values())),
    )


def bands_of(models: Iterable[Model]) -> list[ModelBand]:
    """The bands of models, best first; a name that two models share stands once."""
    found = {band.name: ModelBand(name=band.name, lower=band.lower, color=band.color)
             for model in sorted(models, key=lambda one: one.key) for band in model.bands}  # fmt: skip
    return sorted(found.values(), key=lambda band: -band.lower)


def colors_of(bands: Sequence[ModelBand]) -> dict[str, str]:
    """Band → its colour; gray for what is unknown."""
    return {band.name: band.color for band in bands} | {"unknown": "gray"}


def _strip(bands: Sequence[ModelBand], counts: dict[str, int]) -> list[BandShare]:
    """From the worst to the best, then the unknown."""
    total, x, pieces = max(sum(counts.values()), 1), 0.0, []
    for name, color in [*((band.name, band.color) for band in reversed(bands)), ("unknown", "gray")]:
        width = 100 * counts.get(name, 0) / total
        pieces.append(BandShare(name, color, counts.get(name, 0), x, width))
        x += width
    return pieces


def _by_day(tasks: Sequence[Task], day: dt.date) -> list[tuple[str, list[Task]]]:
    groups = {
        "Overdue": [task for task in tasks if task.due_on < day],
        "Today": [task for task in tasks if task.due_on == day],
        "Next seven days": [task for task in tasks if task.due_on > day],
    }
    return [(name, inside) for name, inside in groups.items() if inside]


@router.get("/accounts/{account_id}")
async def account_page(
    *, request: Request, rules: InForceNow, caller: Visitor, tx: Read, clock: Time, account_id: AccountId
) -> Response:
    """Where an account stands, why, what moved it, what is to be done, what happened. One that was merged leads to the
    account that it is now."""
    now = clock.now()
    try:
        account = await accounts.account_detail(tx, caller, account_id, rules.models, now)
    except Merged as merged:
        return RedirectResponse(f"/accounts/{merged.into}", 307)
    rows = await accounts.score_history(tx, account_id, accounts.Span(since=now - _HISTORY), rules, limit=200)
    happened = await timeline.timeline(tx, account_id, _LINES)
    company = await companies.company_of(tx, caller, account_id) if account.is_parent else None
    model = rules.models.get(account.explanation.model) if account.explanation else None
    bands = bands_of([model] if model else rules.in_force.values())
    return draw(
        request,
        "account.html",
        caller,
        account=account,
        company=company,
        colors=colors_of(bands_of(rules.models.values()) if company else bands),
        dial=charts.dial(account.score, bands),
        history=charts.history(rows.data, account.score, bands, now, computed=_computed(account)),
        last=last_move(account.changes),
        falls=_falls(last_move(account.changes)),
        course=_course(rows.data, account.score),
        lately=today.costliest_changes(account.changes, now),
        names=await timeline.names_of_people(tx, account_id),
        timeline=_timeline(happened.lines),
    )


def _computed(account: AccountDetail) -> int | None:
    """What is computed beside an override; None without one."""
    return account.explanation.score if account.override and account.explanation else None


class Course(NamedTuple):
    """From which score to which over the history that is drawn."""

    before: int
    after: int


def _course(rows: Sequence[HistoryRow], score: int | None) -> Course | None:
    """The fall or rise as a whole; None without two scores."""
    first = next((row.score for row in reversed(rows) if row.score is not None), None)
    return None if first is None or score is None else Course(first, score)


def last_move(changes: Sequence[Change]) -> Change | None:
    """The newest change that moved the score; where none did, the newest that has something to tell."""
    telling = [change for change in changes if change.parts]
    return next((change for change in telling if change.points), telling[0] if telling else None)


def _falls(change: Change | None) -> list[charts.Fall]:
    return charts.waterfall(change.from_score or 0, change.parts, change.to_score or 0) if change else []


def _timeline(lines: Sequence[timeline.Happening]) -> list[tuple[dt.date, list[timeline.Happening]]]:
    """Lines that stand newest first, a day at a time."""
    return [(day, list(some)) for day, some in groupby(lines, key=lambda line: line.at.date())]


@router.get("/accounts/{account_id}/events/{event_id}")
async def event_page(request: Request, caller: Visitor, tx: Read, account_id: AccountId, event_id: EventId) -> Response:
    """The event behind an explanation, as it was told."""
    try:
        await accounts.must_see(tx, caller, account_id)
    except Merged as merged:
        return RedirectResponse(f"/accounts/{merged.into}/events/{event_id}", 307)
    event = await events.one_event(tx, caller, event_id, account_id)
    data = json.dumps(event.data, indent=2, ensure_ascii=False)
    return draw(request, "event.html", caller, event=event, data=data, account_id=account_id)
