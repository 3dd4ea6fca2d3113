"""Moments of truth: what weighs most in how an account thinks of us, marked when it happens. Pure.

Each is a fact's own first time, or an escalation, which may come more than once; a `milestone.reached` of that name
says the same.
"""

from collections.abc import Callable
from typing import NamedTuple

from pydantic import Field

from services.health.curves import Part
from services.health.life import first_login, first_told
from shared.facts import Facts


class Moment(Part):
    """A moment of truth: in which stage it is expected, what it does, and how to win it."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    label: str
    stage: str = ""
    impact: str
    how_to_win: str


class Mark(NamedTuple):
    """A moment that came: `thing` tells apart those of one name; `event` is the id of one that told of it, if known."""

    moment: str
    thing: str
    at: int
    event: bytes


def _logins(facts: Facts) -> list[Mark]:
    seen = first_login(facts, 0)
    return [Mark("first_login", "", seen.at, b"")] if seen is not None and seen.at > 0 else []


def _tickets(facts: Facts) -> list[Mark]:
    if not facts.tickets:
        return []
    first = min(facts.tickets.values(), key=lambda ticket: (ticket.opened_at, ticket.event))
    return [Mark("first_ticket", "", first.opened_at, first.event)]


def _qbrs(facts: Facts) -> list[Mark]:
    held = [m for m in facts.meetings.values() if m.status == "held" and m.kind in {"qbr", "ebr"}]
    if not held:
        return []
    first = min(held, key=lambda meeting: (meeting.starts_at, meeting.event))
    return [Mark("first_qbr", "", first.starts_at, first.event)]


def _escalations(facts: Facts) -> list[Mark]:
    return [Mark("escalation", name, one.opened_at, one.event) for name, one in facts.tickets.items() if one.escalated]


def _deals(kind: str, moment: str) -> Callable[[Facts], list[Mark]]:
    def marks(facts: Facts) -> list[Mark]:
        deals = facts.record.opportunities
        return [Mark(moment, name, first_told(one), one.event) for name, one in deals.items() if one.kind == kind]

    return marks


MOMENTS: dict[str, Callable[[Facts], list[Mark]]] = {
    "first_login": _logins,
    "first_ticket": _tickets,
    "first_qbr": _qbrs,
    "escalation": _escalations,
    "renewal_conversation": _deals("renewal", "renewal_conversation"),
    "expansion_proposal": _deals("expansion", "expansion_proposal"),
}
"""Moment → how facts tell that it came."""


def marks(facts: Facts, wanted: tuple[Moment, ...]) -> list[Mark]:
    """The moments that came, in the order of the file; a milestone of a moment's name counts as one of its own."""
    found: list[Mark] = []
    told = facts.record.lifecycle
    for moment in wanted:
        milestone = told.get(moment.name)
        derived = MOMENTS[moment.name](facts)
        if milestone is not None and not any(mark.thing == "" for mark in derived):
            derived.append(Mark(moment.name, "", milestone.first, milestone.event))
        found += derived
    return found
