"""Overrides: a person's word for a score, with reason, author and expiry. It stands beside the sum. Pure.

While one is in force it is what counts: the score that is shown, its band, the episode and the crossings. What the
model computes goes on being computed and is kept beside it: what-if, back-test and training read that alone.
"""

import datetime as dt
from collections.abc import Iterable, Iterator
from typing import Literal, NamedTuple
from uuid import UUID, uuid5

import msgspec

from services.health.assess import Assessment
from services.health.causes import Cause
from services.health.model import Model
from services.health.scoring import ONE, rounded
from shared.clock import from_us

_NAMESPACE = UUID("0b6f4f0e-52c6-5c0b-9f0c-7d8e3a5b1c42")

MEASURE = "override"
"""What an explanation calls the points that an override brings or takes."""

MOST_DAYS = 180
"""How long an override can be in force: what nobody has looked at for half a year is no judgement any more."""

Change = Literal["set", "expired", "replaced", "ended"]


class Override(msgspec.Struct, frozen=True, array_like=True):
    """The value (0 to 100) counts from `since` to before `until` (µs)."""

    id: UUID
    value: int
    author: str
    reason: str
    since: int
    until: int

    def holds(self, now: int) -> bool:
        """Whether it is in force at `now` (µs)."""
        return self.since <= now < self.until


class Turn(NamedTuple):
    """Something that became of an override."""

    change: Change
    override: Override


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Override)


def override_of(account: int, value: int, author: str, reason: str, since: int, until: int) -> Override:  # noqa: PLR0917
    """An override; its id depends on the account, the instant, the author and the value alone."""
    return Override(uuid5(_NAMESPACE, f"{account}/{since}/{author}/{value}"), value, author, reason, since, until)


def encode(override: Override | None) -> bytes:
    """As it is kept beside a score; empty for none."""
    return b"" if override is None else _encoder.encode(override)


def decode(stored: bytes) -> Override | None:
    """The override out of its bytes, whether it still is in force or not."""
    return _decoder.decode(stored) if stored else None


def in_force(overrides: Iterable[Override | None], now: int) -> Override | None:
    """The one of an account's overrides that is in force at `now` (µs); the newest, should there be several."""
    holding = [one for one in overrides if one is not None and one.holds(now)]
    return max(holding, key=lambda one: one.since, default=None)


def counting(computed: Assessment, model: Model, override: Override | None) -> Assessment:
    """What counts: the assessment, with score and band by the override. Its sum stays the computed one."""
    if override is None:
        return computed
    return msgspec.structs.replace(computed, score=override.value, band=model.plan.bands[override.value])


def computed_score(raw: int | None) -> int | None:
    """The whole points that a sum in millionths comes to."""
    return None if raw is None else rounded(raw)


def points(raw: int | None, override: Override | None) -> int | None:
    """What counts, in millionths of a point, before rounding."""
    return raw if override is None else override.value * ONE


def part(before: tuple[int | None, Override | None], after: tuple[int | None, Override | None]) -> Cause | None:
    """The share of overrides in a change from (sum, override) to (sum, override): what the change of the sums leaves of
    the change of what counts, unknown being 0. None where no override has a share."""
    (raw, old), (raw_now, new) = before, after
    share = (points(raw_now, new) or 0) - (points(raw, old) or 0) - ((raw_now or 0) - (raw or 0))
    return Cause(measure=MEASURE, label="Override", points=share, words=_words(old, new)) if share else None


def _words(old: Override | None, new: Override | None) -> str:
    if new is None:
        return "" if old is None else f"the {old.value} that {old.author} had set counts no longer"
    until = f"{from_us(new.until):%Y-%m-%d %H:%M} UTC"
    if old == new:
        return f"{new.author} holds it at {new.value} until {until}"
    return f"{new.author} set {new.value} until {until}: {new.reason}"


def turns(old: Override | None, new: Override | None, now: dt.datetime) -> Iterator[Turn]:
    """What became of overrides between two assessments, the second at `now`."""
    if old == new:
        return
    if old is not None:
        expired = from_us(old.until) <= now
        yield Turn("expired" if expired else "replaced" if new else "ended", old)
    if new is not None:
        yield Turn("set", new)
