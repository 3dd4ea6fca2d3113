"""Trying a draft of a model: health says what it would have said, playbooks what would have followed."""

import asyncio
import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from services.api import trial
from services.api.queries.trying import Called, called, scored_accounts
from services.api.roles import Caller
from services.api.schemas.whatif import Trial, TriedDays, TryModel
from services.health.recorded import OnProgress
from services.health.rules import Rules
from services.health.whatif import handle as whatif
from services.health.whatif.telling import Told, told
from services.playbooks.house import House
from services.playbooks.nouns import Moment
from services.playbooks.occasions import of_crossing
from services.playbooks.rehearse import Heard, rehearse
from shared.clock import from_us, to_us
from shared.database import Database
from shared.fields import Value


@dataclass(frozen=True)
class Trying:
    """What a draft is tried on: everything in force, and who asks. `on_progress` is told (account-days done, all)."""

    database: Database
    rules: Rules
    house: House
    caller: Caller
    now: dt.datetime
    on_progress: OnProgress = lambda done, total: None


async def try_model(trying: Trying, asked: TryModel) -> Trial:
    """What the draft would change among the accounts that the caller may see. Raises Invalid for a wrong draft."""
    draft = whatif.draft_of(whatif.read_draft(asked.model), trying.rules, asked.segments)
    async with trying.database.reading() as tx:
        accounts = await scored_accounts(tx, trying.caller, asked.accounts)
    tried = await whatif.try_now(trying.database, trying.rules, draft, to_us(trying.now), only=accounts)
    notes = trial.notes_of(tried, sampled=asked.accounts is not None)
    history = None
    if asked.since is not None:
        history, more = await _try_days(trying, draft, accounts, asked.since, asked.most)
        notes += more
    async with trying.database.reading() as tx:
        names = await called(tx, [move.account for move in tried.comparison.moves[: asked.most]])
    return trial.trial(draft, tried.comparison, names, history, notes, most=asked.most)


async def _try_days(
    trying: Trying, draft: whatif.Draft, accounts: Sequence[int], since: dt.date, most: int
) -> tuple[TriedDays, list[str]]:
    span = await whatif.span_of(trying.database, accounts, since, to_us(trying.now))
    walked = await whatif.try_days(trying.database, trying.rules, draft, span, trying.on_progress)
    async with trying.database.reading() as tx:
        names = await called(tx, {crossed.account for crossed in walked.crossings})
    heard = _heard(told(draft.model, walked.days.board, walked.crossings), names)
    house, now = trying.house, trying.now
    found = await asyncio.to_thread(lambda: rehearse(house.playbooks, heard, until=now, owner_of=house.owner_of))
    return trial.days_of(walked, found, names, most), trial.notes_of_days(walked.days)


def _heard(some: Iterator[Told], names: Mapping[int, Called]) -> Iterator[Heard]:
    for one in some:
        name = names[one.crossing.account_id]
        values: dict[str, Value | None] = {"owner": name.owner, "segment": one.segment}
        yield Heard(of_crossing(one.crossing), name.name, values, name.zone or "UTC", list(_moments(one)))


def _moments(one: Told) -> Iterator[Moment]:
    for later in one.later:
        yield Moment(from_us(later.at), {"score": later.score, "band": later.band})
