"""What goes wrong, more than before: escalations, complaints, meetings missed, competitors (TR-S2-3 to TR-S2-6)."""

from collections.abc import Callable, Iterable, Iterator

from services.health.detectors.finding import Detector, Finding, Scope
from services.health.measures.measure import first_instant
from shared.facts import Facts, Mention, Stamped, Ticket

_REVIEWS = frozenset({"qbr", "ebr"})


def more_tickets(facts: Facts, now: int, scope: Scope) -> Iterator[Finding]:
    """How many more tickets of the sort were opened in the window than in the one before; none where they are fewer
    than `least`, which one bad day makes up."""
    since, before = first_instant(now, scope.days), first_instant(now, 2 * scope.days)
    counts = _SORTS[scope.params["sort"]]
    recent, past = list[Ticket](), 0
    for ticket in facts.tickets.values():
        if ticket.opened_at >= before and counts(ticket):
            if ticket.opened_at >= since:
                recent.append(ticket)
            else:
                past += 1
    if len(recent) > past and len(recent) >= scope.params["least"]:
        what = scope.params["sort"]
        words = f"{len(recent)} {what} tickets in {scope.days} days, {past} in the {scope.days} before"
        yield Finding("", len(recent) - past, words, *_said_by(recent))


_SORTS: dict[str, Callable[[Ticket], bool]] = {
    "escalated": lambda ticket: ticket.escalated,
    "unhappy": lambda ticket: (
        ticket.sentiment == "negative" or (ticket.satisfaction is not None and ticket.satisfaction <= 2)
    ),
}
"""Which tickets count: escalated, or told with negative sentiment or rated 1 or 2 of 5."""


def reviews(facts: Facts, now: int, scope: Scope) -> Iterator[Finding]:
    """How many QBRs and EBRs of the window were missed, or held."""
    since, status = first_instant(now, scope.days), scope.params["status"]
    found = [
        one
        for one in facts.meetings.values()
        if one.kind in _REVIEWS and one.status == status and since <= one.starts_at <= now
    ]
    if found:
        words = f"{len(found)} business reviews were {status}" if len(found) > 1 else f"A business review was {status}"
        yield Finding("", len(found), f"{words} in {scope.days} days", *_said_by(found))


def competitor(facts: Facts, now: int, scope: Scope) -> Iterator[Finding]:
    """Each competitor that the account spoke of in the window, and how often."""
    since = first_instant(now, scope.days)
    by_name: dict[str, list[Mention]] = {}
    for mention in facts.record.mentions.values():
        if mention.at >= since:
            by_name.setdefault(mention.competitor, []).append(mention)
    for name, told in by_name.items():
        yield Finding(name, len(told), f"The account speaks of {name}", *_said_by(told))


def _said_by(things: Iterable[Stamped | Ticket]) -> tuple[tuple[bytes, ...], int]:
    """(their events, the oldest first; when the newest happened)."""
    told = sorted((thing.at, thing.event) for thing in things)
    return tuple(event for _, event in told), told[-1][0]


DETECTORS = (
    Detector(
        "more_tickets",
        "more tickets of a sort (`escalated`, or `unhappy`: negative, or rated 1 or 2 of 5) were opened in the window"
        " than in the one before, and at least `least`",
        "how many more",
        more_tickets,
        frozenset({"ticket.updated", "ticket.changed"}),
        lambda facts: facts.tickets,
        {"sort": "escalated", "least": 2},
    ),
    Detector(
        "reviews",
        "QBRs or EBRs of the window were `missed`, or `held`",
        "how many",
        reviews,
        frozenset({"meeting.updated", "meeting.changed"}),
        lambda facts: facts.meetings,
        {"status": "missed"},
    ),
    Detector(
        "competitor",
        "the account spoke of a competitor in the window",
        "how often",
        competitor,
        frozenset({"competitor.mentioned"}),
        lambda facts: facts.record.mentions,
    ),
)
