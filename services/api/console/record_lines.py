"""One line about each event of the customer record and of payments, whatever its data lack. Pure."""

from collections.abc import Callable, Mapping
from typing import Any

Line = Callable[[Mapping[str, Any]], str]


def _plain(word: Any) -> str:
    return str(word or "").replace("_", " ")


def _with(text: str, more: Any) -> str:
    return f"{text}: {more}" if more else text


def _price(data: Mapping[str, Any]) -> str:
    return f"{float(data.get('amount') or 0):,.2f} {data.get('currency') or 'USD'}"


def _who(data: Mapping[str, Any]) -> str:
    return str(data.get("name") or data.get("person_id") or "Somebody")


def _deal(data: Mapping[str, Any]) -> str:
    state = _plain(data.get("status") if data.get("status") not in {None, "open"} else data.get("stage"))
    return _with(f"Deal {data.get('name') or data.get('opportunity_id') or ''}".rstrip(), state)


def _capacity(data: Mapping[str, Any]) -> str:
    seats = f"{data['used_seats']} of {data['licensed_seats']} seats" if {"used_seats", "licensed_seats"} <= {
        name for name, value in data.items() if value is not None
    } else ""  # fmt: skip
    return _with("Capacity reported", seats)


LINES: Mapping[str, Line] = {
    "account.deleted": lambda d: "The account was deleted in its source",
    "account.refreshed": lambda d: _with("What its source had lost was told anew", d.get("reason")),
    "account.refresh_needed": lambda d: _with("Its source has lost changes of the account", d.get("reason")),
    "milestone.reached": lambda d: _with("Milestone reached", _plain(d.get("milestone"))),
    "note.added": lambda d: _with(f"Note by {d.get('author') or 'somebody'}", d.get("text")),
    "competitor.mentioned": lambda d: _with("They spoke of a competitor", d.get("competitor")),
    "community.recorded": lambda d: _with("Took part in the community", _plain(d.get("kind"))),
    "opportunity.updated": _deal,
    "success_plan.updated": lambda d: (
        f"Success plan {d.get('name') or d.get('plan_id') or ''}".rstrip()
        + f" is {_plain(d.get('status') or 'active')}"
    ),
    "roi.recorded": lambda d: _with("Return recorded", d.get("name")) + (", confirmed" if d.get("confirmed") else ""),
    "handoff.updated": lambda d: f"Handoff from sales is {_plain(d.get('status') or 'draft')}",
    "exit_interview.recorded": lambda d: _with("Exit interview", _plain(d.get("reason"))),
    "advocacy.recorded": lambda d: _with("They spoke for us", _plain(d.get("kind"))),
    "session.recorded": lambda d: f"{_who(d)} spent {d.get('minutes') or 0} minutes",
    "capacity.reported": _capacity,
    "workflow.recorded": lambda d: (
        f"Workflow {d.get('workflow') or ''}".rstrip() + (" completed" if d.get("completed") else " left unfinished")
    ),
    "data_quality.reported": lambda d: _with("Data quality reported", d.get("score")),
    "integration.updated": lambda d: (
        f"Integration {d.get('integration') or ''}".rstrip() + f" is {d.get('status') or 'unknown'}"
    ),
    "help.used": lambda d: _with("Helped themselves", _plain(d.get("kind"))),
    "ticket.changed": lambda d: _with(
        f"Ticket {d.get('ticket_id') or ''}".rstrip() + " changed", _plain(d.get("status"))
    ),
    "discount.updated": lambda d: f"Discount {d.get('discount_id') or ''}".rstrip() + " updated",
    "schedule.updated": lambda d: f"Schedule of a subscription is {_plain(d.get('status') or 'updated')}",
    "payment.failed": lambda d: _with(f"Payment of {_price(d)} failed", _plain(d.get("reason"))),
    "payment.refunded": lambda d: f"{_price(d)} refunded",
    "dispute.updated": lambda d: f"Dispute about {_price(d)} is {_plain(d.get('status') or 'open')}",
    "credit_note.updated": lambda d: f"Credit note of {_price(d)} is {_plain(d.get('status') or 'issued')}",
    "identity.linked": lambda d: _with(
        "Linked to an id", f"{d.get('source') or ''} {d.get('external_id') or ''}".strip()
    ),
    "identity.unlinked": lambda d: _with(
        "Taken off an id", f"{d.get('source') or ''} {d.get('external_id') or ''}".strip()
    ),
    "account.merged": lambda d: _with("Merged with another account", d.get("from_id")),
    "account.unmerged": lambda d: _with("Parted from another account", d.get("from_id")),
    "person.linked": lambda d: f"{_who(d)} goes by another id",
    "person.moved": lambda d: f"{_who(d)} works here now",
    "person.erased": lambda d: "A person was forgotten",
}
