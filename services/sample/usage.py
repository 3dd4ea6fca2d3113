"""Who used what: one `usage.recorded` per active person, day and feature, drawn for a block of days at once.

The chance that a person is active falls with the strain that shows, so does the breadth of features and the
number of actions. Weekends are quiet, and not the same days everywhere.
"""

from collections.abc import Iterator, Sequence
from random import Random
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from services.sample.diary import BLOCK_DAYS, DAY_S, Entry, native, weekday
from services.sample.fate import Days, Fate
from services.sample.roster import Stay

REST = 0.06
"""How much of a working day's activity is left on a day of rest."""
SECOND_FEATURE = 0.10
LEARNING_DAYS = 60
"""A new account takes this long to discover its features."""


class Acts(NamedTuple):
    """Columns: who did it, with which of the account's features, how often, when, and on which day."""

    who: NDArray[np.int64]
    feature: NDArray[np.int64]
    actions: NDArray[np.int64]
    at: NDArray[np.int64]
    day: NDArray[np.int64]


def usage(fate: Fate, stays: Sequence[Stay], acts: Acts, first: int, seed: int) -> Iterator[Entry]:
    """What the account's people did in the block that begins on day `first`. Not in order."""
    account = fate.account
    for number, (who, feature, actions, at, _) in enumerate(zip(*(column.tolist() for column in acts), strict=True)):
        said = {"person_id": stays[who].person.id, "feature": account.features[feature], "actions": actions}
        event_id = f"{seed}.{account.key}.u{first}.{number}"
        yield at, event_id, native(account.key, "usage.recorded", event_id, at, said)


def acts_of(fate: Fate, stays: Sequence[Stay], origin: int, first: int, seed: int) -> Acts:
    """The acts of the block that begins on day `first`."""
    rng = np.random.default_rng((seed, 4, fate.account.number, first))
    days = np.arange(first, first + BLOCK_DAYS)
    strain = fate.sees_over("usage", days)
    active = rng.random((len(stays), BLOCK_DAYS)) < _chance(fate, stays, days, strain, origin)
    who, when = np.nonzero(active)
    breadth = _breadth(fate, days, strain, seed)[when]
    feature = (rng.random(len(who)) ** 1.3 * breadth).astype(np.int64)
    twice = np.flatnonzero((rng.random(len(who)) < SECOND_FEATURE) & (breadth > 1))
    feature = np.append(feature, (feature[twice] + 1) % breadth[twice])
    who, when = np.append(who, who[twice]), np.append(when, when[twice])
    hours = (rng.normal(13.0, 2.6, len(who)) - fate.account.place.offset) % 24
    at = origin + days[when] * DAY_S + (hours * 3600).astype(np.int64)
    return Acts(who, feature, _actions(fate, strain[when], rng, seed), at, days[when])


def _chance(fate: Fate, stays: Sequence[Stay], days: NDArray[Any], strain: Days, origin: int) -> Days:
    keen = np.array([stay.person.keen for stay in stays])
    first = np.array([max(stay.first, fate.joined) for stay in stays])
    last = np.array([min(stay.last, fate.left) for stay in stays])
    there = (days >= first[:, None]) & (days < last[:, None])
    rests = [weekday(origin, int(day)) in fate.account.place.rest for day in days]
    mood = fate.account.archetype.level * (1 - 0.97 * strain) * np.where(rests, REST, 1.0)
    chance: Days = keen[:, None] * mood[None, :] * there
    return chance


def _breadth(fate: Fate, days: NDArray[Any], strain: Days, seed: int) -> NDArray[np.int64]:
    """How many core features are in use on each day."""
    account = fate.account
    own = Random(f"{seed}/breadth/{account.number}").uniform(0.65, 1.05)
    learned = np.clip(0.3 + 0.7 * (days - fate.joined) / LEARNING_DAYS, 0.0, 1.0)
    known = len(account.features) * own * (0.5 + 0.5 * account.archetype.level) * learned
    shown = np.round(known * (1 - 0.55 * strain)).astype(np.int64)
    return np.clip(shown, 1, len(account.features))


def _actions(fate: Fate, strain: Days, rng: np.random.Generator, seed: int) -> NDArray[np.int64]:
    own = Random(f"{seed}/depth/{fate.account.number}").uniform(5, 20) * fate.account.archetype.level**0.5
    drawn = rng.lognormal(0.0, 0.5, len(strain)) * own * (1 - 0.5 * strain)
    counted: NDArray[np.int64] = np.maximum(np.round(drawn), 1).astype(np.int64)
    return counted


def action_by_action(entry: Entry) -> Iterator[Entry]:
    """A day's usage told as it happens: the same actions one by one, from the entry's instant on, on its UTC day."""
    start, name, event = entry
    said = event["data"]
    luck = Random(name)
    end = start - start % DAY_S + DAY_S - 1
    longest = min(end - start, 5 * 3600)
    later = sorted(luck.randint(0, longest) for _ in range(said["actions"] - 1))
    for number, after in enumerate([0, *later]):
        at, event_id = start + after, f"{name}.{number}"
        one = {"person_id": said["person_id"], "feature": said["feature"], "actions": 1}
        yield at, event_id, native(event["subject"], "usage.recorded", event_id, at, one)
