"""What an assessment does to the way an account is served, and which transitions come of it. Pure."""

import datetime as dt
from collections.abc import Iterator, Sequence

from services.health.causes import Cause
from services.health.crossings import Standing
from services.health.present import Present
from services.health.rules import Judged, Rules
from services.health.transitions import Step, TransitionRow, Why, segment_words, stage_words, steps_taken


def served_as(rules: Rules, judged: Judged, standing: Standing) -> str:
    """The segment whose coverage and playbooks count: the account's own, or the one above while it is weak, and until
    its episode has recovered (SEG-9). The model stays that of its own (ERR-22)."""
    before, after, upgrade = judged.subject.before, judged.after, rules.scheme.upgrade
    if upgrade is None:
        return after.segment
    band = judged.model.band(standing.episode.band) if standing.episode else None
    is_weak = after.score is not None and after.score < upgrade.below
    not_recovered = before is not None and before.upgraded and band is not None and band.lower < upgrade.below
    return rules.scheme.above(after.segment) if is_weak or not_recovered else after.segment


def turned(
    rules: Rules, judged: Judged, present: Present, why: Why, causes: Sequence[Cause]
) -> Iterator[TransitionRow]:
    """The transitions of an assessment; none of a first or an imported one. `causes`: why the score moved."""
    before = judged.subject.before
    if before is None or judged.subject.imported:
        return
    now = present.assessed_at
    yield from steps_taken(judged.subject.account, _placed(rules, before, present, now), why, now)
    if before.upgraded or present.upgraded:
        behind = [(event, "") for one in causes for event in one.events]
        step = Step("served_as", rules.scheme.name, before.served_as, present.served_as or "",
                    _served_words(rules, present), now)  # fmt: skip
        cause = "override" if judged.overridden and why.cause != "configuration" else why.cause
        yield from steps_taken(judged.subject.account, [step], Why(cause, behind), now)


def _placed(rules: Rules, before: Present, present: Present, now: dt.datetime) -> Iterator[Step]:
    """The steps of segment, size and stage, put into words where one was taken."""
    segments, size, lifecycle = rules.scheme, rules.layout.size, rules.layout.lifecycle
    assert present.size is not None
    assert present.stage is not None
    if before.segment != present.segment:
        yield Step("segment", segments.name, before.segment, present.segment,
                   segment_words(segments, before.segment, present.segment), now)  # fmt: skip
    if before.size != present.size:
        yield Step("size", size.name, before.size, present.size, segment_words(size, before.size, present.size), now)
    if before.stage != present.stage:
        yield Step("stage", lifecycle.name, before.stage, present.stage,
                   stage_words(lifecycle, before.stage, present.stage), present.stage_since or now)  # fmt: skip


def _served_words(rules: Rules, present: Present) -> str:
    served = rules.scheme.segment(present.served_as or "")
    label = served.label if served else present.served_as
    if not present.upgraded:
        return f"{label} again"
    below = rules.scheme.upgrade.below if rules.scheme.upgrade else 0
    return f"{label} until it has recovered: its score fell below {below}"
