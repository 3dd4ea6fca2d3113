"""The model in the shadow: it scores the accounts of a segment too, and nothing follows from it. Pure."""

from typing import NamedTuple

from services.health.rules import Judged, References, Rules, bounded


class Shadow(NamedTuple):
    """A row of `shadow_scores`."""

    account_id: int
    model: str
    score: int | None
    raw: int | None
    coverage: int
    band: str


def shadow_of(rules: Rules, one: Judged, references: References, now: int) -> Shadow | None:
    """What the shadow of the account's segment says at `now` (µs); None where there is none."""
    segment = one.after.segment
    model = rules.shadow.get(segment)
    if model is None:
        return None
    seen = rules.assess(one.facts, references, now, segment=segment, model=model)
    return Shadow(one.subject.account, seen.model, seen.score, bounded(seen), seen.coverage, seen.band)
