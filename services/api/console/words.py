"""How numbers, times and events are said to people. Pure."""

import datetime as dt
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from services.api.console.record_lines import LINES

_MINUS = "\N{MINUS SIGN}"


def signed(points: float) -> str:
    """+4, −12.5: at most one decimal, with a true minus; ±0 for what rounds to nothing."""
    rounded = round(points, 1)
    if rounded == 0:
        return "±0"
    text = f"{abs(rounded):.1f}".removesuffix(".0")
    return ("+" if rounded > 0 else _MINUS) + text


def plain(number: float) -> str:
    """12, 12.5: at most one decimal."""
    return f"{number:.1f}".removesuffix(".0").replace("-", _MINUS)


def share(part: float) -> str:
    """0.425 is 43 %."""
    return f"{round(part * 100)} %".replace("-", _MINUS)


def money(amount: float | None) -> str:
    """120k, 1.2M; a dash where it is not known."""
    if amount is None:
        return "–"
    for unit, size in (("M", 1_000_000), ("k", 1_000)):
        if amount >= size:
            return f"{amount / size:.1f}".removesuffix(".0") + unit
    return f"{amount:.0f}"


def ago(at: dt.datetime, now: dt.datetime) -> str:
    """How long since, in the largest unit that fits."""
    seconds = (now - at).total_seconds()
    if seconds < 0:
        return f"in {_span(-seconds)}"
    return "just now" if seconds < 60 else f"{_span(seconds)} ago"


def lasting(since: dt.datetime, now: dt.datetime) -> str:
    """For how long."""
    return _span(max((now - since).total_seconds(), 0))


def _span(seconds: float) -> str:
    for name, size in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
        if seconds >= size:
            count = int(seconds // size)
            return f"{count} {name}{'s' if count > 1 else ''}"
    return "a moment"


def due(day: dt.date, today: dt.date) -> str:
    """Today, tomorrow, 3 days overdue, or the date."""
    distance = (day - today).days
    if distance < 0:
        return f"{-distance} day{'s' if distance < -1 else ''} overdue"
    return {0: "today", 1: "tomorrow"}.get(distance, day_of(day))


def day_of(day: dt.date) -> str:
    """Sun 22 Nov."""
    return f"{day:%a} {day.day} {day:%b}"


def instant(at: dt.datetime) -> str:
    """22 Nov 2026, 08:00 UTC."""
    return f"{at.day} {at:%b %Y, %H:%M} UTC"


def named(word: str | None) -> str:
    """at_risk is At risk."""
    return (word or "").replace("_", " ").capitalize()


# --- events -------------------------------------------------------------------------------------------


def _who(data: Mapping[str, Any]) -> str:
    return str(data.get("name") or data.get("person_id") or "somebody")


def _price(data: Mapping[str, Any]) -> str:
    return f"{float(data.get('amount') or 0):,.2f} {data.get('currency') or 'USD'}"


_SAID: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    "account.updated": lambda d: "Account updated: " + ", ".join(named(key).lower() for key in d if d[key] is not None),
    "person.updated": lambda d: f"{_who(d)} updated" + (f": {named(d['role']).lower()}" if d.get("role") else ""),
    "person.left": lambda d: f"{_who(d)} has left the account",
    "meeting.updated": lambda d: f"{named(d.get('kind') or 'check_in')} meeting {d.get('status')}",
    "meeting.changed": lambda d: f"{named(d.get('kind') or '')} meeting changed".strip().capitalize()
    + (f": {named(d['status']).lower()}" if d.get("status") else ""),
    "outreach.sent": lambda d: "We reached out by " + str(d.get("channel") or "email").replace("_", " "),
    "reply.received": lambda d: "They answered",
    "sponsor.updated": lambda d: "Executive sponsor " + ("identified" if d.get("identified") else "missing")
    + ("" if d.get("engaged") is None else ", engaged" if d["engaged"] else ", not engaged"),
    "feedback.given": lambda d: f"{named(d.get('kind') or 'product')} feedback"
    + (f", {d['sentiment']}" if d.get("sentiment") else ""),
    "usage.reported": lambda d: f"Usage reported for {d.get('period_start')} to {d.get('period_end')}",
    "subscription.updated": lambda d: f"Subscription {d.get('plan') or d.get('subscription_id')} is {d.get('status')}"
    + (", cancels at period end" if d.get("cancel_at_period_end") else ""),
    "invoice.updated": lambda d: f"Invoice {d.get('invoice_id')} is {d.get('status')}:"
    f" {_price(d)}",
    "cancel.requested": lambda d: "They asked to cancel" + (f": {d['reason']}" if d.get("reason") else ""),
    "cancel.withdrawn": lambda d: "They took their cancellation back",
    "ticket.updated": lambda d: f"Ticket {d.get('subject') or d.get('ticket_id')} ({d.get('priority') or 'normal'})"
    f" is {named(d.get('status')).lower()}",
    "survey.response": lambda d: f"{str(d.get('survey_type')).upper()} answer {plain(d.get('score') or 0)}"
    + (f" of {_who(d)}" if d.get("person_id") or d.get("name") else "")
    + (f": “{d['comment']}”" if d.get("comment") else ""),
    "login.recorded": lambda d: f"{_who(d)} signed in",
    "usage.recorded": lambda d: f"{_who(d)} used {d.get('feature') or 'the product'}",
    **LINES,
}  # fmt: skip


def said(event_type: str, data: Any, names: Mapping[str, str] = MappingProxyType({})) -> str:
    """One line about an event; `names` of people by their ids."""
    known = _SAID.get(event_type)
    if isinstance(data, dict) and not data.get("name") and data.get("person_id") in names:
        data = {**data, "name": names[data["person_id"]]}
    return known(data) if known and isinstance(data, dict) else named(event_type.replace(".", " "))
