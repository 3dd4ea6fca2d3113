"""The hero of a demo: an account that was green on every page, and slides within forty seconds.

Hardly anybody there uses the product any more, but all are friendly; then their sponsor leaves. Every event is
true to the second at which it is told.
"""

import datetime as dt
from collections.abc import Iterator
from typing import Any

from services.sample.company import Company
from services.sample.diary import DAY_S, Native, iso, native
from services.sample.fate import Fate
from services.sample.money import price, subscription

Act = tuple[str, dict[str, Any]]

FIRST_AFTER_S = 6
EVERY_S = 1
COMPLAINTS = (
    "Data lost after import", "Still waiting", "Who decides at your end?", "Export is empty again", "Please call back",
    "Third week without an answer", "We are asked daily when this ends",
)  # fmt: skip


def slide(company: Company, hero: Fate, start: dt.datetime) -> Iterator[tuple[dt.datetime, Native]]:
    """(instant, event) of the slide, from six seconds after `start` on, one a second, for less than forty seconds."""
    begun = int(start.timestamp())
    for number, (kind, said) in enumerate(_acts(company, hero, begun)):
        at = begun + FIRST_AFTER_S + number * EVERY_S
        event_id = f"{company.seed}.{hero.account.key}.hero{begun}.{number}"
        yield dt.datetime.fromtimestamp(at, dt.UTC), native(hero.account.key, kind, event_id, at, said)


def _acts(company: Company, hero: Fate, now: int) -> Iterator[Act]:
    """What happens, worst first where the score listens: people, then money, then mood."""
    key, today = hero.account.key, (now - company.origin) // DAY_S
    champion, sponsor, *others = (person.id for person in hero.account.people[:11])
    yield "person.left", {"person_id": sponsor}
    yield "sponsor.updated", {"identified": False, "engaged": False}
    yield "ticket.updated", _angry(f"{key}-hero{now}-1", "🔥 Everything is down and nobody answers", now)
    for person in (champion, *others):
        yield "survey.response", _detracts(f"{key}-hero{now}-{person}", person)
    yield "invoice.updated", _overdue(hero, company, f"{key}-hero{now}-1", now, days=3)
    yield "invoice.updated", _overdue(hero, company, f"{key}-hero{now}-2", now, days=33)
    yield "subscription.updated", subscription(hero, company.origin, today, **_fewer_seats(hero, company, today))
    for person in (champion, *others[:2]):
        yield "person.updated", {"person_id": person, "relationship_strength": 1}
    for number, subject in enumerate(COMPLAINTS, 2):
        yield "ticket.updated", _angry(f"{key}-hero{now}-{number}", subject, now, rated=1)
    yield "feedback.given", {"feedback_id": f"{key}-hero{now}", "kind": "product", "sentiment": "negative",
                             "text": "Nobody here can say what we pay for."}  # fmt: skip


def _detracts(survey: str, person: str) -> dict[str, Any]:
    return {"survey_id": survey, "survey_type": "nps", "score": 0, "comment": "We were promised more.",
            "respondent": {"external_id": person}}  # fmt: skip


def _angry(ticket: str, subject: str, now: int, rated: int | None = None) -> dict[str, Any]:
    """An escalated ticket of a quarter of an hour ago; if rated, it is closed and that is what they think of it."""
    opened = {"ticket_id": ticket, "priority": "urgent", "subject": subject, "sentiment": "negative",
              "escalated": True, "opened_at": iso(now - 900)}  # fmt: skip
    if rated is None:
        return opened | {"status": "open"}
    return opened | {"status": "solved", "resolved_at": iso(now), "satisfaction": rated}


def _overdue(hero: Fate, company: Company, invoice: str, now: int, days: int) -> dict[str, Any]:
    due = now - days * DAY_S
    amount = round(price(hero, (now - company.origin) // DAY_S) / 4)
    return {"invoice_id": invoice, "status": "open", "amount": amount, "currency": hero.account.place.currency,
            "issued_at": iso(due - 30 * DAY_S), "due_at": iso(due)}  # fmt: skip


def _fewer_seats(hero: Fate, company: Company, today: int) -> dict[str, Any]:
    """Less than before its last expansion, yet enough to stay in its segment: a new one would start no playbook."""
    state = subscription(hero, company.origin, today)
    return {"amount": round(state["amount"] * 0.85), "seats": round(state["seats"] * 0.85)}
