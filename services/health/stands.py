"""What stands of an account after an assessment: its row, its episode, and when it is due again. Pure."""

import datetime as dt

from services.health import crossings, overrides
from services.health.assess import encode, next_instant
from services.health.crossings import Crossing, Episode, Standing
from services.health.ledger import Ledger
from services.health.model import UNKNOWN
from services.health.present import Moved, Present
from services.health.rules import Judged, bounded
from services.health.turning import served_as
from shared.clock import from_us, to_us

RECHECK = dt.timedelta(seconds=1)
"""How soon, at the latest, an account is due again that was assessed before yesterday's reference of its peers."""


def standing_of(before: Present | None) -> Standing:
    """The standing that is kept in a row of `scores`."""
    if before is None:
        return Standing()
    episode = None
    if before.episode_id is not None:
        assert before.episode_band is not None
        assert before.episode_opened_at is not None
        episode = Episode(before.episode_id, before.episode_band, to_us(before.episode_opened_at))
    since = None if before.pending_since is None else to_us(before.pending_since)
    return Standing(episode, before.pending_band, since, before.band == UNKNOWN)


def stand(ledger: Ledger, judged: Judged) -> tuple[Standing, Crossing | None]:
    """A rebase that stays within the episode's band leaves the episode alone, as does a live score that stays in it."""
    account, before, after = judged.subject.account, judged.subject.before, judged.after
    held = standing_of(before)
    rebase = judged.rebase
    if rebase is None:
        if before and before.band == after.band == before.episode_band and before.pending_band is None:
            return held, None
        return crossings.cross(held, judged.model, after, account, ledger.now_us)
    if held.episode and _keeps_its_bands(judged) and after.band in (held.episode.band, UNKNOWN):
        return Standing(held.episode, suspended=after.score is None), None
    return crossings.rebase(judged.model, after, account, ledger.now_us), None


def stays_put(ledger: Ledger, judged: Judged, standing: Standing) -> bool:
    """Whether the account keeps all that stands beside its score: band, episode, place, override, who serves it."""
    before = judged.subject.before
    return (
        before is not None
        and judged.rebase is None
        and not judged.shifted
        and before.band == judged.after.band == before.episode_band
        and before.pending_band is None
        and before.override == overrides.encode(judged.override)
        and before.served_as == served_as(ledger.rules, judged, standing)
    )


def moved(ledger: Ledger, judged: Judged, standing: Standing, watch: bytes | None) -> Moved:
    """What it writes then."""
    subject, after, before = judged.subject, judged.after, judged.subject.before
    assert before is not None
    return Moved(
        subject.account, after.coverage, encode(judged.computed), subject.version, next_due(ledger, judged, standing),
        after.score, bounded(after), before.effective_at if before.score == after.score else ledger.now,
        before.watch if watch is None else watch,
    )  # fmt: skip


def present(ledger: Ledger, judged: Judged, standing: Standing, watch: bytes | None) -> Present:
    subject, after, before = judged.subject, judged.after, judged.subject.before
    now, episode, place, layout = ledger.now, standing.episode, judged.place, ledger.rules.layout
    stays = before is not None and (before.score, before.band) == (after.score, after.band)
    return Present(
        account_id=subject.account,
        model=after.model,
        segment=after.segment,
        score=after.score,
        raw=bounded(after),
        coverage=after.coverage,
        band=after.band,
        assessment=encode(judged.computed),
        facts_version=subject.version,
        assessed_at=now,
        effective_at=before.effective_at if before and stays else now,
        next_due=next_due(ledger, judged, standing),
        closed_through=max(before.closed_through, ledger.yesterday) if before else ledger.yesterday,
        correct_from=before.correct_from if before else None,
        episode_id=episode.id if episode else None,
        episode_band=episode.band if episode else None,
        episode_opened_at=from_us(episode.opened_at) if episode else None,
        pending_band=standing.pending_band,
        pending_since=None if standing.pending_since is None else from_us(standing.pending_since),
        arr=place.arr,
        size=place.size,
        served_as=served_as(ledger.rules, judged, standing),
        stage=place.stage,
        stage_since=place.since,
        stage_due=place.due,
        marks=place.marks,
        traits=place.traits,
        placed_by=layout.digest,
        unshared=before is None or before.unshared or before.traits != place.traits,
        watch=(before.watch if before else b"") if watch is None else watch,
        override=overrides.encode(judged.override),
    )


def _keeps_its_bands(judged: Judged) -> bool:
    """Whether the model is the one that scored before: bands belong to a model (ERR-8)."""
    before = judged.subject.before
    return before is not None and before.model == judged.after.model


def next_due(ledger: Ledger, judged: Judged, standing: Standing) -> dt.datetime:
    due = next_instant(judged.model, judged.facts, ledger.now_us)
    dwelt, moves = crossings.dwell_ends(standing, judged.model), judged.place.due
    ends = judged.override.until if judged.override else None
    first = from_us(min(instant for instant in (due, dwelt, ends) if instant is not None))
    others = (moves, ledger.now + RECHECK if ledger.peers_wait else None)
    return min([first, *(instant for instant in others if instant is not None)])
