"""Names that playbooks use and that somebody else gives: segments, tiers, sizes, stages, bands. Pure.

A name that nobody gives makes a playbook that never starts, without a word; so it is told before.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence

from services.playbooks.definitions import Playbook
from services.playbooks.lint import Problem
from shared.conditions import parse_lasting
from shared.conditions.tree import Compare, Leaf, OneOf, leaves
from shared.fields import Value

Known = Mapping[str, Collection[str]]
"""Field → the names that it can hold."""


def misnamed(playbooks: Sequence[Playbook], known: Known) -> list[Problem]:
    """What the playbooks in force name that there is not, each with the names that there are."""
    return [
        Problem(playbook.id, place, f"there is no {field} {name!r}; there are {', '.join(sorted(known[field]))}")
        for playbook in playbooks
        if playbook.in_force
        for place, field, name in _named(playbook)
        if field in known and name not in known[field]
    ]


def _named(playbook: Playbook) -> Iterator[tuple[str, str, Value]]:
    """(place, field, name) of all that it names."""
    for name in playbook.segments:
        yield "segments", "segment", name
    for place, text in _conditions(playbook):
        for leaf in leaves(parse_lasting(text).condition):
            for value in _constants(leaf):
                yield place, leaf.field.name, value


def _conditions(playbook: Playbook) -> Iterator[tuple[str, str]]:
    found = [
        ("unless", playbook.unless),
        *((f"trigger {number}", trigger.when) for number, trigger in enumerate(playbook.triggers, start=1)),
        *((step.id, step.condition) for step in playbook.steps),
        *((one.id, one.when) for one in playbook.escalations),
        *(("exit_criteria", text) for text in playbook.exit_criteria),
    ]
    return ((place, text) for place, text in found if text is not None)


def _constants(leaf: Leaf) -> tuple[Value, ...]:
    match leaf:
        case Compare(_, _, value):
            return (value,)
        case OneOf(_, values):
            return values
        case _:
            return ()
