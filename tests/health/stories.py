"""How the facts of these stories are told: events by kind, folded as ingest folds them; and any facts at all."""

import itertools
from datetime import timedelta
from typing import Any

from hypothesis import strategies as st

from services.health.model import load_models
from shared.clock import DAY_US, from_us
from shared.contracts import NATIVE
from shared.facts import Event, Facts
from shared.fold import fold

NOON = 20_516 * DAY_US + DAY_US // 2
"""Noon UTC of Wednesday 2026-03-04, in microseconds."""

HM2 = load_models()["hm-2"]
CORE = HM2.leaves[1].settings["core_features"]

_numbers = itertools.count(1)


def ago(days: float) -> int:
    """The instant so many days before NOON."""
    return NOON - round(days * DAY_US)


def said(kind: str, days_ago: float = 0, /, *, number: int | None = None, **body: Any) -> Event:
    """An event of `kind`, so many days before NOON."""
    name = (number if number is not None else next(_numbers)).to_bytes(16, "big")
    payload = NATIVE[kind][1].model_validate(body)
    return Event(name, "native", kind, ("native", "acme"), ago(days_ago), 0, payload, b"")


def facts_of(*events: Event) -> Facts:
    """The facts after these events."""
    return fold(Facts(), {}, events)[0]


def used(days_ago: float, *people: str, feature: str | None = None, actions: int = 1) -> list[Event]:
    """These people used the product, so many days before NOON."""
    return [said("usage.recorded", days_ago, person_id=person, feature=feature, actions=actions) for person in people]


def met(days_ago: float, status: str = "held") -> Event:
    """A meeting, so many days before NOON."""
    number = next(_numbers)
    return said("meeting.updated", days_ago, meeting_id=number, status=status, starts_at=from_us(ago(days_ago)))


def invoice(due_days_ago: float, paid_days_ago: float | None = None, **body: Any) -> Event:
    """An invoice that fell due so many days before NOON; unpaid unless told otherwise."""
    due = from_us(ago(due_days_ago))
    state = {"status": "open"} if paid_days_ago is None else {"status": "paid", "paid_at": from_us(ago(paid_days_ago))}
    issued = due - timedelta(days=14)
    given = {"invoice_id": next(_numbers), "amount": 10, "issued_at": issued, "due_at": due, **state, **body}
    return said("invoice.updated", due_days_ago, **given)


def subscribed(days_ago: float, amount: int, id: str = "s1", **body: Any) -> Event:
    """The state of a subscription since so many days before NOON, at so much a month."""
    given = {"status": "active", "started_at": from_us(ago(400)), **body}
    return said("subscription.updated", days_ago, subscription_id=id, amount=amount, **given)


def ticket(days_ago: float, **body: Any) -> Event:
    """A ticket that was opened so many days before NOON."""
    given = {"ticket_id": next(_numbers), "status": "open", "opened_at": from_us(ago(days_ago)), **body}
    return said("ticket.updated", days_ago, **given)


def answered(days_ago: float, score: float, **body: Any) -> Event:
    """An answer to the NPS question, so many days before NOON."""
    return said(
        "survey.response", days_ago, **{"survey_id": next(_numbers), "survey_type": "nps", "score": score, **body}
    )


# --- any facts at all ---------------------------------------------------------------------------------

_days = st.floats(-0.9, 2) | st.floats(-0.9, 130)
_instants = _days.map(lambda days: from_us(ago(days)))
_sentiments = st.sampled_from(["positive", "neutral", "negative", None])
_ids = st.integers(1, 6).map(str)
_periods = st.tuples(st.integers(0, 100), st.integers(6, 40)).map(
    lambda p: {"period_start": from_us(ago(p[0] + p[1])).date(), "period_end": from_us(ago(p[0])).date()}
)

_bodies: dict[str, st.SearchStrategy[dict[str, Any]]] = {
    "account.updated": st.fixed_dictionaries({"arr": st.sampled_from([0, 14_999, 15_000, 100_000])}),
    "usage.recorded": st.fixed_dictionaries(
        {"person_id": _ids, "feature": st.sampled_from([*CORE, "other", None]), "actions": st.integers(0, 50)}
    ),
    "login.recorded": st.fixed_dictionaries({"person_id": _ids}),
    "usage.reported": st.builds(
        lambda period, **more: {**period, **more},
        _periods,
        active_people=st.integers(0, 9) | st.none(),
        mean_daily_active_people=st.floats(0, 9) | st.none(),
        logins=st.integers(0, 9) | st.none(),
        actions=st.integers(0, 999) | st.none(),
        features_used=st.lists(st.sampled_from(CORE)) | st.none(),
    ),
    "person.updated": st.fixed_dictionaries(
        {"person_id": _ids},
        optional={
            "role": st.sampled_from(["champion", "executive_sponsor", None]),
            "level": st.sampled_from(["vp", "manager", None]),
            "relationship_strength": st.integers(1, 5) | st.none(),
            "engaged": st.booleans(),
        },
    ),
    "person.left": st.fixed_dictionaries({"person_id": _ids}),
    "meeting.updated": st.fixed_dictionaries(
        {
            "meeting_id": _ids,
            "status": st.sampled_from(["scheduled", "held", "missed"]),
            "starts_at": _instants,
            "kind": st.sampled_from(["check_in", "qbr", "training"]),
            "person_ids": st.lists(_ids, max_size=2),
        }
    ),
    "meeting.changed": st.fixed_dictionaries(
        {"meeting_id": _ids},
        optional={
            "status": st.sampled_from(["scheduled", "held", "missed"]),
            "starts_at": _instants,
            "kind": st.sampled_from(["check_in", "qbr", "training"]),
            "person_ids": st.lists(_ids, max_size=2),
        },
    ),
    "outreach.sent": st.fixed_dictionaries({"outreach_id": _ids}),
    "reply.received": st.fixed_dictionaries({"reply_id": _ids, "person_id": _ids | st.none()}),
    "sponsor.updated": st.fixed_dictionaries(
        {"identified": st.booleans(), "engaged": st.booleans() | st.none(), "person_id": _ids | st.none()}
    ),
    "feedback.given": st.fixed_dictionaries(
        {"feedback_id": _ids, "kind": st.sampled_from(["product", "feature_request"]), "sentiment": _sentiments}
    ),
    "subscription.updated": st.fixed_dictionaries(
        {
            "subscription_id": _ids,
            "status": st.sampled_from(["active", "trialing", "cancelled", "past_due"]),
            "amount": st.integers(0, 12_000),
            "currency": st.sampled_from(["USD", "EUR"]),
            "started_at": _instants | st.none(),
            "ends_at": _instants | st.none(),
            "cancel_at_period_end": st.booleans(),
        }
    ),
    "invoice.updated": st.fixed_dictionaries(
        {
            "invoice_id": _ids,
            "status": st.sampled_from(["draft", "open", "paid", "void", "uncollectible"]),
            "amount": st.integers(0, 900),
            "due_at": _instants | st.none(),
            "paid_at": _instants | st.none(),
        }
    ),
    "cancel.requested": st.just({}),
    "cancel.withdrawn": st.just({}),
    "ticket.updated": st.fixed_dictionaries(
        {
            "ticket_id": _ids,
            "status": st.sampled_from(["open", "solved"]),
            "opened_at": _instants,
            "sentiment": _sentiments,
            "satisfaction": st.floats(1, 5) | st.none(),
        }
    ),
    "survey.response": st.fixed_dictionaries(
        {
            "survey_id": _ids,
            "survey_type": st.sampled_from(["nps", "csat", "ces"]),
            "score": st.integers(0, 10),
            "respondent": st.fixed_dictionaries({"external_id": _ids}) | st.none(),
        }
    ),
    "session.recorded": st.fixed_dictionaries(
        {"session_id": _ids, "person_id": _ids, "minutes": st.floats(0, 1440, allow_subnormal=False)}
    ),
    "capacity.reported": st.fixed_dictionaries(
        {},
        optional={
            "licensed_seats": st.integers(0, 9),
            "used_seats": st.integers(0, 9),
            "storage_gb": st.floats(0, 9),
            "storage_limit_gb": st.floats(0, 9),
            "api_requests": st.integers(0, 10**9),
            "api_limit": st.integers(0, 10**9),
        },
    ),
    "workflow.recorded": st.fixed_dictionaries({"workflow": _ids, "completed": st.booleans()}),
    "data_quality.reported": st.fixed_dictionaries({"score": st.floats(0, 100)}),
    "integration.updated": st.fixed_dictionaries(
        {"integration": _ids, "status": st.sampled_from(["active", "inactive", "failing"])}
    ),
    "help.used": st.fixed_dictionaries({"kind": st.sampled_from(["article", "chatbot"])}),
    "community.recorded": st.fixed_dictionaries({"kind": st.sampled_from(["post", "event"])}),
    "competitor.mentioned": st.fixed_dictionaries({"mention_id": _ids, "competitor": st.just("Globex")}),
    "ticket.changed": st.fixed_dictionaries(
        {"ticket_id": _ids}, optional={"escalated": st.booleans(), "resolved_at": _instants | st.none()}
    ),
    "opportunity.updated": st.fixed_dictionaries(
        {"opportunity_id": _ids},
        optional={
            "kind": st.sampled_from(["renewal", "expansion"]),
            "status": st.sampled_from(["open", "won"]),
            "amount": st.integers(0, 9_000),
            "currency": st.sampled_from(["USD", "EUR"]),
            "closes_on": _instants.map(lambda at: at.date()) | st.none(),
            "probability": st.floats(0, 1) | st.none(),
        },
    ),
    "roi.recorded": st.fixed_dictionaries(
        {
            "roi_id": _ids,
            "promised": st.integers(0, 900) | st.none(),
            "actual": st.integers(0, 900) | st.none(),
            "currency": st.sampled_from(["USD", "EUR"]),
        }
    ),
    "success_plan.updated": st.builds(
        lambda plan, status, goals, steps: {
            "plan_id": plan,
            "status": status,
            "objectives": [
                {
                    "objective_id": i,
                    "baseline": 0,
                    "target": 9,
                    "actual": actual,
                    "due_on": due.date(),
                    "confirmed": sure,
                }
                for i, (actual, due, sure) in enumerate(goals)
            ],
            "milestones": [{"milestone_id": i, "due_on": due.date()} for i, due in enumerate(steps)],
        },
        _ids,
        st.sampled_from(["draft", "active", "achieved"]),
        st.lists(st.tuples(st.integers(0, 12) | st.none(), _instants, st.booleans()), max_size=3),
        st.lists(_instants, max_size=3),
    ),
}

events = st.sampled_from(sorted(_bodies)).flatmap(
    lambda kind: st.builds(
        lambda days, number, body: said(kind, days, number=number, **body),
        _days,
        st.integers(1, 1 << 62),
        _bodies[kind],
    )
)
"""Any event of the last 130 days, or a little ahead of the clock."""

histories = st.lists(events, max_size=40)
any_facts = histories.map(lambda told: facts_of(*told))

_soon = st.floats(-0.5, 0.5).map(lambda days: from_us(ago(days)))
turning_facts = st.builds(
    lambda told, starts, ends, amount: facts_of(*told, subscribed(0, amount, "s7", started_at=starts, ends_at=ends)),
    histories,
    _soon | st.none(),
    _soon | st.none(),
    st.sampled_from([2_000, 9_000]),
)
"""Any facts, and a subscription that starts or ends on the day of NOON."""
