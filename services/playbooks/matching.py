"""Which playbooks an occasion starts, joins or passes by, each with its reason in words. Pure."""

import datetime as dt
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import NamedTuple

from services.playbooks.definitions import Playbook, Trigger
from services.playbooks.occasions import Occasion
from services.playbooks.wording import days
from shared.conditions import closure, parse, words
from shared.fields import Values


class Verdict(StrEnum):
    """What was decided about an occasion and a playbook."""

    STARTED = "started"
    JOINED = "joined"
    SUPPRESSED = "suppressed"
    NO_MATCH = "no match"


class Decision(NamedTuple):
    """One verdict. Of a start, `words` say why the run started."""

    playbook: str
    verdict: Verdict
    words: str


class Standing(NamedTuple):
    """What matters about the account: its present values, whether the occasion's episode has closed since, which
    playbooks have an open run, when runs last ended, and what became of the account if it is none any more."""

    values: Values
    episode_closed: bool = False
    open_runs: frozenset[str] = frozenset()
    last_ended: Mapping[str, dt.datetime] = {}
    gone: str | None = None


def decide(occasion: Occasion, playbooks: Sequence[Playbook], standing: Standing, now: dt.datetime) -> list[Decision]:
    """One decision for each playbook in force. Of those that would start, only the highest priority does, and
    those without one; an open run is joined whatever the priorities say."""
    record = {**standing.values, **occasion.values}
    decisions = [_alone(occasion, p, record, standing, now) for p in playbooks if p.in_force]
    return _ranked(decisions, {p.id: p for p in playbooks})


def _alone(occasion: Occasion, playbook: Playbook, record: Values, standing: Standing, now: dt.datetime) -> Decision:
    fired, said = _fired(occasion, playbook, record)
    if not fired:
        return Decision(playbook.id, Verdict.NO_MATCH, said)
    if playbook.segments and record.get("served_as") not in playbook.segments:
        return Decision(playbook.id, Verdict.NO_MATCH, f"it is for {', '.join(playbook.segments)} accounts")
    if past := _past(standing) or _left_alone(playbook, record):
        return Decision(playbook.id, Verdict.SUPPRESSED, f"{past}; {said}")
    if playbook.id in standing.open_runs:
        return Decision(playbook.id, Verdict.JOINED, said)
    if kept := _kept_out(playbook, standing, now):
        return Decision(playbook.id, Verdict.SUPPRESSED, f"{kept}; {said}")
    return Decision(playbook.id, Verdict.STARTED, said)


def _past(standing: Standing) -> str | None:
    """Why the occasion is none any more."""
    if standing.gone:
        return f"the account was {standing.gone}"
    return "the episode has closed meanwhile" if standing.episode_closed else None


def _left_alone(playbook: Playbook, record: Values) -> str | None:
    """Why the playbook is not for the account."""
    unless = parse(playbook.unless) if playbook.unless else None
    return words(unless, record) if unless and closure(unless)(record) else None


def _fired(occasion: Occasion, playbook: Playbook, record: Values) -> tuple[bool, str]:
    """Whether a trigger fires, and the words for it or for why none does."""
    near: list[str] = []
    for trigger in playbook.triggers:
        if trigger.kind != occasion.trigger:
            continue
        if trigger.direction not in (None, occasion.direction):
            near.append(f"the account moved {occasion.direction}")
            continue
        said = words(parse(trigger.when), record) if trigger.when else f"there was a {trigger.kind}"
        if _holds(trigger, record):
            return True, f"{said} ({occasion.words})" if occasion.words else said
        near.append(said)
    return False, "; ".join(near) or f"a {occasion.trigger} does not start it"


def _holds(trigger: Trigger, record: Values) -> bool:
    return trigger.when is None or closure(parse(trigger.when))(record)


def _kept_out(playbook: Playbook, standing: Standing, now: dt.datetime) -> str | None:
    blocking = sorted(standing.open_runs & set(playbook.excludes))
    if blocking:
        return f"a run of {blocking[0]} is open"
    ended = standing.last_ended.get(playbook.id)
    wait = playbook.reenrolment.after_days
    if ended is not None and now - ended < dt.timedelta(days=wait):
        return f"the last run ended less than {days(wait)} ago"
    return None


def _ranked(decisions: list[Decision], playbooks: Mapping[str, Playbook]) -> list[Decision]:
    """The starts, thinned out: a lower priority yields, and so does whoever excludes one that starts."""
    starting = [playbooks[d.playbook] for d in decisions if d.verdict is Verdict.STARTED]
    starting.sort(key=lambda p: (-(p.priority or 0), p.id))
    yielded: dict[str, str] = {}
    chosen: list[Playbook] = []
    for playbook in starting:
        over = next((c for c in chosen if _yields(playbook, c)), None)
        if over is None:
            chosen.append(playbook)
        else:
            yielded[playbook.id] = over.id
    return [
        d._replace(verdict=Verdict.SUPPRESSED, words=f"{yielded[d.playbook]} goes first; {d.words}")
        if d.playbook in yielded
        else d
        for d in decisions
    ]


def _yields(playbook: Playbook, chosen: Playbook) -> bool:
    ranked = playbook.priority is not None and chosen.priority is not None and playbook.priority < chosen.priority
    return ranked or chosen.id in playbook.excludes or playbook.id in chosen.excludes
