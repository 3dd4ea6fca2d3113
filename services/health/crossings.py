"""Crossings: when an account has moved between bands, as playbooks should see it. Pure.

The band follows the score; the *episode* has hysteresis. Downward it changes at the threshold, upward only with
the model's margin on top, either way after the model's dwell time. `unknown` suspends an episode, which resumes.
"""

from dataclasses import dataclass
from typing import Literal
from uuid import UUID, uuid5

from services.health.assess import Assessment
from services.health.model import UNKNOWN, Band, Model

_NAMESPACE = UUID("6f1c6a8e-6a0b-5c1e-9d0f-2b7d1f0c4a11")
_HOUR_US = 3_600_000_000
_ASKING = ("orange", "red")  # the colours of bands whose accounts Today shows first


@dataclass(frozen=True)
class Episode:
    """A stay in a band, since `opened_at` (microseconds)."""

    id: UUID
    band: str
    opened_at: int


@dataclass(frozen=True)
class Standing:
    """Where an account stands: its open episode, a band that waits out its dwell, and whether it is suspended."""

    episode: Episode | None = None
    pending_band: str | None = None
    pending_since: int | None = None
    suspended: bool = False


@dataclass(frozen=True)
class Crossing:
    """A move between bands. `episode` is the new one; `lower_bound` is that of the band that was left, in points, None
    where that is unknown."""

    id: UUID
    episode: Episode
    from_band: str
    to_band: str
    direction: Literal["down", "up"]
    lower_bound: int | None


def cross(
    standing: Standing, model: Model, assessment: Assessment, account: int, now: int
) -> tuple[Standing, Crossing | None]:
    """The standing after an assessment, and the crossing if there was one. Ids depend on the arguments alone.

    An account's first score opens an episode without a crossing; so does a band that the model no longer has.
    """
    if assessment.score is None:
        return Standing(standing.episode, suspended=True), None
    left = model.band(standing.episode.band) if standing.episode else None
    if standing.episode is None or left is None:
        return rebase(model, assessment, account, now), None
    reached = _reached(model, left, assessment.score)
    if reached is left:
        return Standing(standing.episode), None
    since = standing.pending_since if standing.pending_band == reached.name else None
    waiting = Standing(standing.episode, reached.name, now if since is None else since)
    if now < _dwelt(waiting, model):
        return waiting, None
    episode = _open(model, reached.name, account, now)
    return Standing(episode), _crossing(episode, left, reached, account, model)


def rebase(model: Model, assessment: Assessment, account: int, now: int) -> Standing:
    """A new episode in the band of the score, without a crossing: after an import, a new model or segment."""
    if assessment.score is None:
        return Standing(suspended=True)
    return Standing(_open(model, assessment.band, account, now))


def entered(episode: Episode, former: str | None, model: Model, account: int) -> Crossing | None:
    """The crossing into an episode that was opened without one, out of the band before it. Without a former band it is
    out of `unknown`, and only into a band that asks for somebody; else nothing has happened, and it is None."""
    reached, left = model.band(episode.band), model.band(former) if former else None
    if reached is None or (left is None and reached.color not in _ASKING):
        return None
    if left is not None:
        return _crossing(episode, left, reached, account, model)
    name = _id("crossing", account, model, episode.opened_at, reached.name)
    return Crossing(name, episode, UNKNOWN, reached.name, "down", None)


def dwell_ends(standing: Standing, model: Model) -> int | None:
    """When a waiting band has been dwelt in for long enough; None when none waits."""
    return None if standing.pending_since is None else _dwelt(standing, model)


def _dwelt(standing: Standing, model: Model) -> int:
    return (standing.pending_since or 0) + round(model.dwell_hours * _HOUR_US)


def _reached(model: Model, held: Band, score: int) -> Band:
    """The band that the episode belongs in: below the held one at once, above it with the margin."""
    if score < held.lower:
        return model.band_of(score)
    return next(b for b in model.bands if b is held or score >= b.lower + model.upward_margin)


def _open(model: Model, band: str, account: int, now: int) -> Episode:
    return Episode(_id("episode", account, model, now, band), band, now)


def _crossing(episode: Episode, left: Band, reached: Band, account: int, model: Model) -> Crossing:
    name = _id("crossing", account, model, episode.opened_at, reached.name)
    direction: Literal["down", "up"] = "down" if reached.lower < left.lower else "up"
    return Crossing(name, episode, left.name, reached.name, direction, left.lower)


def _id(kind: str, account: int, model: Model, now: int, band: str) -> UUID:
    return uuid5(_NAMESPACE, f"{kind}/{account}/{model.name}/{model.version}/{now}/{band}")
