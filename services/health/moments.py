"""Moments of truth: what weighs most in how an account thinks of us, marked when it happens. Pure.

Each is a fact's own first time, or an escalation, which may come more than once; a `milestone.reached` of that name
says the same.
"""

from collections.abc import Callable, Iterator
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


def _logins(facts: Facts) -> Iterator[Mark]:
    seen = first_login(facts, 0)
    if seen is not None and seen.at > 0:
        yield Mark("first_login", "", seen.at, b"")


def _tickets(facts: Facts) -> Iterator[Mark]:
    if facts.tickets:
        first = min(facts.tickets.values(), key=lambda ticket: (ticket.opened_at, ticket.event))
        yield Mark("first_ticket", "", first.opened_at, first.event)


def _qbrs(facts: Facts) -> Iterator[Mark]:
    held = [m for m in facts.meetings.values() if m.status == "held" and m.kind in {"qbr", "ebr"}]
    if held:
        first = min(held, key=lambda meeting: (meeting.starts_at, meeting.event))
        yield Mark("first_qbr", "", first.starts_at, first.event)


def _escalations(facts: Facts) -> Iterator[Mark]:
    for name, ticket in facts.tickets.items():
        if ticket.escalated:
            yield Mark("escalation", name, ticket.opened_at, ticket.event)


def _deals(kind: str, moment: str) -> Callable[[Facts], Iterator[Mark]]:
    def marks(facts: Facts) -> Iterator[Mark]:
        for name, deal in facts.record.opportunities.items():
            if deal.kind == kind:
                yield Mark(moment, name, first_told(deal), deal.event)

    return marks


MOMENTS: dict[str, Callable[[Facts], Iterator[Mark]]] = {
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
        derived = list(MOMENTS[moment.name](facts))
        if milestone is not None and not any(mark.thing == "" for mark in derived):
            derived.append(Mark(moment.name, "", milestone.first, milestone.event))
        found += derived
    return found
