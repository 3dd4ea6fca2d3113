"""What a set of playbooks must not say. Pure; an empty list means that all is well."""

import itertools
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from services.playbooks.definitions import SYSTEM, Escalation, Playbook, Step, Trigger
from services.playbooks.nouns import StepState
from services.playbooks.steps import kind_of
from services.playbooks.wording import unknown_places
from shared.conditions import And, Condition, Not, can_both_hold, fields_of, parse, parse_lasting

_OF_A_RUN = frozenset({"replied_since_start", "cancel_requested"})
_OF_AN_OCCASION = frozenset({"signal", "severity", "previous_score", "from_band"})


class Problem(NamedTuple):
    """Something to correct: where, and what."""

    playbook: str
    place: str
    words: str


def lint(playbooks: Sequence[Playbook], has_template: Callable[[str], bool] = lambda _: True) -> list[Problem]:
    """All problems of the playbooks in force, alone and together."""
    in_force = [playbook for playbook in playbooks if playbook.in_force]
    alone = [problem for playbook in in_force for problem in _alone(playbook, has_template)]
    together = [p for one, other in itertools.combinations(in_force, 2) if (p := _together(one, other))]
    return alone + together


def _alone(playbook: Playbook, has_template: Callable[[str], bool]) -> Iterator[Problem]:
    seen: set[str] = set()
    parts: tuple[Step | Escalation, ...] = (*playbook.steps, *playbook.escalations)
    for part in parts:
        for words in _of_part(part, playbook, has_template):
            yield Problem(playbook.id, part.id, words)
        if part.id in seen:
            yield Problem(playbook.id, part.id, "the id is used twice")
        seen.add(part.id)
    for number, trigger in enumerate(playbook.triggers, start=1):
        for name in _reads(trigger.when, _OF_A_RUN):
            yield Problem(playbook.id, f"trigger {number}", f"{name!r} is known only once a run has started")
    for name in _reads(playbook.unless, _OF_A_RUN | _OF_AN_OCCASION):
        yield Problem(playbook.id, "unless", f"{name!r} is not of the account, but of a run or of what starts one")
    for text in playbook.exit_criteria:
        for name in _reads(text, _OF_AN_OCCASION):
            yield Problem(playbook.id, "exit_criteria", f"{name!r} is known only of what starts a run")


def _reads(text: str | None, names: frozenset[str]) -> list[str]:
    if text is None:
        return []
    return sorted(names & {field.name for field in fields_of(parse_lasting(text).condition)})


def _of_part(part: Step | Escalation, playbook: Playbook, has_template: Callable[[str], bool]) -> Iterator[str]:
    if not part.role:
        yield "has no owner: name a role"
    elif part.role not in playbook.owners:
        yield f"its role {part.role!r} is not among the owners"
    elif part.role == SYSTEM and kind_of(part.action).state is StepState.OPEN:
        yield f"a {part.action} is for a person; the system does what nobody has to close"
    for name in _reads(part.condition if isinstance(part, Step) else part.when, _OF_AN_OCCASION):
        yield f"its condition reads {name!r}, which is known only of what starts a run"
    for name in unknown_places(part.title + part.instructions):
        yield f"{{{name}}} is no placeholder"
    if not isinstance(part, Step):
        return
    if part.offset.unit == "before" and playbook.anchor is None:
        yield f"{part.at} counts back from an anchor, and the playbook has none"
    if part.template is not None and not has_template(part.template):
        yield f"there is no template {part.template!r}"


def _together(one: Playbook, other: Playbook) -> Problem | None:
    pairs = itertools.product(one.triggers, other.triggers)
    if not any(_share(a, b, _asks(one, a), _asks(other, b)) for a, b in pairs):
        return None
    if one.segments and other.segments and not set(one.segments) & set(other.segments):
        return None
    ranked = one.priority is not None and other.priority is not None and one.priority != other.priority
    if ranked or one.id in other.excludes or other.id in one.excludes:
        return None
    return Problem(
        one.id, "triggers", f"shares a trigger with {other.id!r}: give both a priority, or let one exclude the other"
    )


def _asks(playbook: Playbook, trigger: Trigger) -> Condition | None:
    """All that the playbook asks before the trigger starts it."""
    parts = [parse(trigger.when)] if trigger.when else []
    parts += [Not(parse(playbook.unless))] if playbook.unless else []
    return And(tuple(parts)) if parts else None


def _share(one: Trigger, other: Trigger, asked: Condition | None, also: Condition | None) -> bool:
    if one.kind != other.kind or {one.direction, other.direction} == {"down", "up"}:
        return False
    return asked is None or also is None or can_both_hold(asked, also)


class Fall(NamedTuple):
    """A band that an account of a segment can fall into: scores from `lower` to `upper`, both inclusive."""

    segment: str
    band: str
    lower: int
    upper: int


def unanswered(playbooks: Sequence[Playbook], falls: Sequence[Fall]) -> list[Fall]:
    """Those falls that start no playbook in force: a score that nobody acts on helps nobody."""
    in_force = [playbook for playbook in playbooks if playbook.in_force]
    return [fall for fall in falls if not any(_answers(playbook, fall) for playbook in in_force)]


def _answers(playbook: Playbook, fall: Fall) -> bool:
    if playbook.segments and fall.segment not in playbook.segments:
        return False
    within = parse(f"score >= {fall.lower} and score <= {fall.upper}")
    return any(
        trigger.kind == "crossing"
        and trigger.direction != "up"
        and (trigger.when is None or can_both_hold(parse(trigger.when), within))
        for trigger in playbook.triggers
    )
