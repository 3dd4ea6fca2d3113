"""How much help the account needs, and how it gets it: tickets, escalations, self-service (HM-4b, HM-7, HM-11).

Of an account's tickets the 120 newest are known, so a count stops there. An account of which no ticket was ever told
has no count: perhaps its support desk is not connected. From its first ticket on, none is 0.
"""

from statistics import median

from services.health.measures.measure import Measure, Params, first_instant
from shared.clock import DAY_US
from shared.facts import Facts

_HOUR_US = 3_600_000_000


def ticket_volume(facts: Facts, now: int, params: Params) -> float | None:
    """Tickets opened in the 30 UTC days ending today; None before any ticket."""
    return float(_opened(facts, first_instant(now, params["days"]))) if facts.tickets else None


def ticket_trend(facts: Facts, now: int, params: Params) -> float | None:
    """Tickets opened in the 30 UTC days ending today against the 30 before, as a change: 1 is one more for each. Where
    there were none before they count against one. None before any ticket."""
    if not facts.tickets:
        return None
    present = _opened(facts, first_instant(now, params["days"]))
    past = _opened(facts, first_instant(now, 2 * params["days"])) - present
    return (present - past) / (past or 1)


def _opened(facts: Facts, since: int) -> int:
    """Tickets opened from an instant on."""
    return len([ticket for ticket in facts.tickets.values() if ticket.opened_at >= since])


def escalations(facts: Facts, now: int, params: Params) -> float | None:
    """Tickets opened in the 90 UTC days ending today that were escalated; None before any ticket."""
    if not facts.tickets:
        return None
    since = first_instant(now, params["days"])
    return float(len([ticket for ticket in facts.tickets.values() if ticket.escalated and ticket.opened_at >= since]))


def resolution_time(facts: Facts, now: int, params: Params) -> float | None:
    """Median hours from opening to resolution, of the tickets resolved in the 90 UTC days ending today."""
    if not facts.tickets:
        return None
    since = first_instant(now, params["days"])
    resolved = [ticket for ticket in facts.tickets.values() if ticket.resolved_at and ticket.resolved_at >= since]
    took = [time for ticket in resolved if (time := ticket.resolution) is not None]
    return median(took) / _HOUR_US if took else None


def self_service(facts: Facts, now: int, params: Params) -> float | None:
    """Help that they found themselves ÷ that and tickets opened, in the 90 UTC days ending today. None before any use
    of help, and where they needed none."""
    told = [counts for name, counts in facts.record.days.items() if name.startswith("help.")]
    if not told:
        return None
    today = now // DAY_US
    helped = sum([counts.over(today - params["days"] + 1, today) for counts in told])
    asked = _opened(facts, first_instant(now, params["days"]))
    return helped / (helped + asked) if helped or asked else None


_READS = frozenset({"ticket.updated", "ticket.changed"})

MEASURES = (
    Measure(
        name="ticket_volume",
        label="Tickets",
        unit="tickets",
        bounds=(0, 120),
        sources=("HM-11",),
        doc="tickets opened in the 30 UTC days ending today",
        unknown="there never was one",
        reads=_READS,
        value=ticket_volume,
        params={"days": 30},
    ),
    Measure(
        name="ticket_trend",
        label="Ticket volume trend",
        unit="change",
        bounds=(-1, 120),
        sources=("HM-4b", "HM-7"),
        doc="tickets opened in the 30 UTC days ending today against the 30 before, as a change; where there were none"
        " before, against one",
        unknown="there never was one",
        reads=_READS,
        value=ticket_trend,
        params={"days": 30},
        reach_days=1825,
    ),
    Measure(
        name="escalations",
        label="Escalations",
        unit="tickets",
        bounds=(0, 120),
        sources=("HM-7", "TR-S2-4"),
        doc="tickets opened in the 90 UTC days ending today that were escalated",
        unknown="there never was a ticket",
        reads=_READS,
        value=escalations,
        params={"days": 90},
    ),
    Measure(
        name="resolution_time",
        label="Resolution time",
        unit="hours",
        bounds=(0, 1e9),
        sources=("HM-4",),
        doc="median time from opening to resolution of the tickets resolved in the 90 UTC days ending today",
        unknown="none was resolved in these days",
        reads=_READS,
        value=resolution_time,
        params={"days": 90},
    ),
    Measure(
        name="self_service",
        label="Self-service",
        unit="share",
        bounds=(0, 1),
        sources=("HM-7",),
        doc="articles, guides and chats of a bot that were used, divided by those and the tickets opened, in the 90 UTC"
        " days ending today",
        unknown="help was never used, or they needed none",
        reads=_READS | {"help.used"},
        value=self_service,
        params={"days": 90},
        reach_days=128,
    ),
)
