"""How people come: a sign-in now and then, and at some accounts how long each of them stayed."""

from collections.abc import Iterator, Sequence

import numpy as np

from services.sample.diary import DAY_S, Entry, native
from services.sample.fate import Fate
from services.sample.roster import Stay
from services.sample.usage import Acts

SIGNS_IN = 0.05
"""Share of a person's days of use on which the product asks for the password."""
TELLS_SESSIONS = 5
"""One account of so many is on the client that tells sessions."""


def visits(fate: Fate, stays: Sequence[Stay], acts: Acts, first: int, seed: int) -> Iterator[Entry]:
    """Sign-ins and sessions behind the acts of the block that begins on day `first`: at most one a person and day."""
    rng = np.random.default_rng((seed, 5, fate.account.number, first))
    _, once = np.unique(acts.who * 1_000_000 + acts.day, return_index=True)
    signs_in, drawn = rng.random(len(once)) < SIGNS_IN, rng.lognormal(0.0, 0.5, len(once))
    tells = fate.account.number % TELLS_SESSIONS == 0
    usual = rng.uniform(12, 40)
    for number, act in enumerate(once.tolist()):
        person, began = stays[acts.who[act]].person.id, int(acts.at[act])
        if signs_in[number]:
            yield _entry(fate, seed, f"l{first}.{number}", began, "login.recorded", person_id=person)
        if tells:
            calm = 1 - 0.6 * fate.sees("usage", int(acts.day[act]))
            left = DAY_S - began % DAY_S - 1
            lasted = min(max(int(60 * usual * drawn[number] * calm), 60), left)
            said = {"session_id": f"{person}.{began}", "person_id": person, "minutes": round(lasted / 60, 1)}
            yield _entry(fate, seed, f"w{first}.{number}", began + lasted, "session.recorded", **said)


def _entry(fate: Fate, seed: int, name: str, at: int, kind: str, **said: object) -> Entry:
    key = fate.account.key
    event_id = f"{seed}.{key}.{name}"
    return at, event_id, native(key, kind, event_id, at, dict(said))
