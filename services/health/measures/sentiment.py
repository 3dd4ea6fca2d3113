"""What the account's people feel: tickets, how they were resolved, feedback (HM-6)."""

from services.health.measures.measure import Measure, Params, first_instant, newest
from shared.facts import Facts

_FELT = {"positive": 1.0, "neutral": 0.0, "negative": -1.0}


def sentiment_trend(facts: Facts, now: int, params: Params) -> float | None:
    """Mean sentiment of the tickets opened in the 90 UTC days ending today, from -1 to 1; None without any."""
    if not facts.tickets:
        return None
    since = first_instant(now, params["days"])
    felt = [_FELT[t.sentiment] for t in facts.tickets.values() if t.sentiment is not None and t.opened_at >= since]
    return sum(felt) / len(felt) if felt else None


def resolution_satisfaction(facts: Facts, now: int, params: Params) -> float | None:
    """Mean rating, 1 to 5, of the tickets resolved in the 90 UTC days ending today; None without any."""
    if not facts.tickets:
        return None
    since = first_instant(now, params["days"])
    rated = [
        ticket.satisfaction
        for ticket in facts.tickets.values()
        if ticket.satisfaction is not None and (ticket.resolved_at or ticket.at) >= since
    ]
    return sum(rated) / len(rated) if rated else None


def product_feedback(facts: Facts, now: int, params: Params) -> float | None:
    """Sentiment of the newest feedback on the product: 1, 0 or -1; None without any."""
    latest = _latest_feedback(facts)
    return latest and latest[0]


def _latest_feedback(facts: Facts) -> tuple[float, int] | None:
    given = newest([f for f in facts.feedback.values() if f.kind == "product" and f.sentiment is not None])
    return None if given is None or given.sentiment is None else (_FELT[given.sentiment], given.at)


def feature_requests(facts: Facts, now: int, params: Params) -> float | None:
    """1 if a feature was requested in the 180 UTC days ending today, 0 if not; None before any feedback at all."""
    if not facts.feedback:
        return None
    since = first_instant(now, params["days"])
    asked = [given for given in facts.feedback.values() if given.kind == "feature_request" and given.at >= since]
    return float(bool(asked))


_TICKETS = frozenset({"ticket.updated", "ticket.changed"})
_FEEDBACK = frozenset({"feedback.given"})

MEASURES = (
    Measure(
        name="sentiment_trend",
        label="Sentiment of tickets",
        unit="sentiment",
        bounds=(-1, 1),
        sources=("HM-6",),
        doc="mean sentiment of the tickets opened in the 90 UTC days ending today, from -1 to 1",
        unknown="no ticket with a sentiment in these days",
        reads=_TICKETS,
        value=sentiment_trend,
        params={"days": 90},
    ),
    Measure(
        name="resolution_satisfaction",
        label="Resolution satisfaction",
        unit="rating of 5",
        bounds=(1, 5),
        sources=("HM-6",),
        doc="mean rating of the tickets resolved in the 90 UTC days ending today",
        unknown="no rated ticket in these days",
        reads=_TICKETS,
        value=resolution_satisfaction,
        params={"days": 90},
    ),
    Measure(
        name="product_feedback",
        label="Product feedback",
        unit="sentiment",
        bounds=(-1, 1),
        sources=("HM-6",),
        doc="sentiment of the newest feedback on the product",
        unknown="none was ever given",
        reads=_FEEDBACK,
        value=product_feedback,
        latest=_latest_feedback,
    ),
    Measure(
        name="feature_requests",
        label="Feature requests",
        unit="yes or no",
        bounds=(0, 1),
        sources=("HM-6",),
        doc="whether a feature was requested in the 180 UTC days ending today; unknown before any feedback",
        unknown="no feedback was ever given",
        reads=_FEEDBACK,
        value=feature_requests,
        params={"days": 180},
    ),
)
