"""`fold(facts, presence, events)`: how events become facts. The one place that knows; pure.

Live, import, as-of, what-if, back-test and rebuild all use it. The caller has removed duplicates. The result
does not depend on the order of the events: things with a stamp keep the greatest, counters add, activity is
by day. Where a bound drops something (see shared/facts.py), the newest by stamp stay.
"""

import hashlib
from collections.abc import Callable, Iterable
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from typing import Any, TypeVar

from shared import contracts as c
from shared.clock import DAY_US, day_number, to_us
from shared.facts import (
    MOST_FEATURES,
    MOST_ITEMS,
    MOST_MICROS,
    MOST_STATES,
    MOST_SUBSCRIPTION_STATES,
    WINDOW_DAYS,
    Cancellation,
    Departure,
    Event,
    Facts,
    Feedback,
    Field,
    Invoice,
    Meeting,
    Outreach,
    Person,
    Presence,
    Reply,
    Sponsor,
    Subscription,
    Survey,
    Ticket,
    UsageReport,
)

ACTIVITY = frozenset({"usage.recorded", "login.recorded"})
"""Event types that tell of activity alone."""

MASK = (1 << WINDOW_DAYS) - 1
_PAYING = frozenset({"active", "past_due", "unpaid", "paused"})
_MONTHS = {"day": Decimal(12) / 365, "week": Decimal(12) / 52, "month": Decimal(1), "year": Decimal(12)}

Item = TypeVar("Item", Person, Departure, Invoice, Ticket, Meeting, Outreach, Reply, Survey, Feedback, UsageReport)


def fold(facts: Facts, presence: Presence, events: Iterable[Event]) -> tuple[Facts, Presence]:
    """The facts and the presence after `events`; the arguments are left as they were."""
    told = tuple(events)
    new = facts.copy() if any(event.type not in ACTIVITY for event in told) else facts.copy_activity()
    seen = dict(presence)
    for event in told:
        if event.type == "usage.recorded":
            _on_usage(new, seen, event)
        else:
            _ON[event.type](new, seen, event)
        new.events += 1
    _trim(new)
    return new, seen


@lru_cache(maxsize=200_000)
def person_key(person_id: str) -> int:
    """A person's key within an account: a 64-bit digest of their id, signed as PostgreSQL's bigint."""
    return int.from_bytes(hashlib.blake2b(person_id.encode(), digest_size=8).digest(), "big", signed=True)


def months(interval: str, count: int) -> Decimal:
    """Months in a billing interval: a week is 12/52 and a day 12/365 of one."""
    return _MONTHS[interval] * count


def micros(amount: Decimal) -> int:
    """Money as millionths of its unit, half up, at most MOST_MICROS."""
    return min(int((amount * 1_000_000).quantize(Decimal(1), rounding=ROUND_HALF_UP)), MOST_MICROS)


# --- activity -----------------------------------------------------------------------------------------


def _on_usage(facts: Facts, presence: Presence, event: Event) -> None:
    day = event.occurred_at // DAY_US
    body = event.body
    _see(facts, presence, body.person_id, day, event)
    _add(facts, facts.actions, day, body.actions)
    if body.feature is not None:
        _use(facts, body.feature, day)


def _on_login(facts: Facts, presence: Presence, event: Event) -> None:
    _see(facts, presence, event.body.person_id, event.occurred_at // DAY_US, event)


def _see(facts: Facts, presence: Presence, person_id: str, day: int, event: Event) -> None:
    if facts.last_seen is None or (event.occurred_at, event.id) > facts.last_seen:
        facts.last_seen = (event.occurred_at, event.id)
    if day > facts.newest_day:
        _turn_to(facts, day)
    key = person_key(person_id)
    before = presence.get(key)
    if before is None:
        presence[key] = (day, 1)
        _add(facts, facts.active_people, day, 1)
        _add(facts, facts.last_active, day, 1)
        return
    last, mask = before
    if day > last:
        presence[key] = (day, (mask << (day - last) | 1) & MASK)
        _add(facts, facts.last_active, last, -1)
        _add(facts, facts.last_active, day, 1)
    else:
        bit = 1 << (last - day)
        if mask & bit or bit > MASK:
            return
        presence[key] = (last, mask | bit)
    _add(facts, facts.active_people, day, 1)


def _turn_to(facts: Facts, day: int) -> None:
    """Makes `day` the newest day: all counts move back, what leaves the window is forgotten."""
    empty = [0] * min(day - facts.newest_day, WINDOW_DAYS)
    for days in (facts.active_people, facts.last_active, facts.actions):
        if days:
            days[:0] = empty
            del days[WINDOW_DAYS:]
    facts.newest_day = day


def _add(facts: Facts, days: list[int], day: int, count: int) -> None:
    index = facts.newest_day - day
    if index < len(days):
        days[index] += count
    elif index < WINDOW_DAYS and count > 0:
        days.extend([0] * (index - len(days) + 1))
        days[index] = count


def _trim(facts: Facts) -> None:
    """Equal counts have equal bytes: no zeros at the old end."""
    for days in (facts.active_people, facts.last_active, facts.actions):
        while days and days[-1] == 0:
            days.pop()


def _use(facts: Facts, feature: str, day: int) -> None:
    known = facts.features.get(feature)
    if known is None:
        facts.features[feature] = (day, b"\x01")
        if len(facts.features) > MOST_FEATURES:
            del facts.features[max(facts.features)]
        return
    last, stored = known
    if day == last:
        return
    mask = int.from_bytes(stored, "little")
    if day > last:
        last, mask = day, (mask << (day - last) | 1) & MASK
    else:
        mask |= (1 << (last - day)) & MASK
    facts.features[feature] = (last, mask.to_bytes((mask.bit_length() + 7) // 8, "little"))


# --- things with a stamp ------------------------------------------------------------------------------


def _stamp(event: Event) -> tuple[int, int, bytes]:
    return (event.occurred_at, event.sequence, event.id)


def _us(at: Any) -> int | None:
    return None if at is None else to_us(at)


def _put(items: dict[str, Item], key: str, item: Item) -> None:
    known = items.get(key)
    if known is not None and known.stamp >= item.stamp:
        return
    items[key] = item
    if len(items) > MOST_ITEMS:
        del items[min(items, key=lambda name: items[name].stamp)]


def _on_account(facts: Facts, _: Presence, event: Event) -> None:
    body: c.AccountUpdated = event.body
    for name in body.model_fields_set - {"external_ids"}:
        value = getattr(body, name)
        known = facts.fields.get(name)
        if known is None or known.stamp < _stamp(event):
            plain = value if value is None or isinstance(value, int) else str(value)
            facts.fields[name] = Field(*_stamp(event), plain)


def _on_person(facts: Facts, _: Presence, event: Event) -> None:
    _put(facts.people, event.body.person_id, Person(*_stamp(event), event.body.role))


def _on_departure(facts: Facts, _: Presence, event: Event) -> None:
    _put(facts.departures, event.body.person_id, Departure(*_stamp(event)))


def _on_meeting(facts: Facts, _: Presence, event: Event) -> None:
    body: c.MeetingUpdated = event.body
    _put(facts.meetings, body.meeting_id, Meeting(*_stamp(event), body.kind, body.status, to_us(body.starts_at)))


def _on_outreach(facts: Facts, _: Presence, event: Event) -> None:
    _put(facts.outreach, event.body.outreach_id, Outreach(*_stamp(event), event.body.channel))


def _on_reply(facts: Facts, _: Presence, event: Event) -> None:
    _put(facts.replies, event.body.reply_id, Reply(*_stamp(event), event.body.outreach_id))


def _on_feedback(facts: Facts, _: Presence, event: Event) -> None:
    body: c.FeedbackGiven = event.body
    _put(facts.feedback, body.feedback_id, Feedback(*_stamp(event), body.kind, body.sentiment))


def _on_survey(facts: Facts, _: Presence, event: Event) -> None:
    body: c.SurveyResponse = event.body
    item = Survey(*_stamp(event), body.survey_type, body.score, float(body.scale_min), float(body.scale_max))
    _put(facts.surveys, body.survey_id, item)


def _on_sponsor(facts: Facts, _: Presence, event: Event) -> None:
    body: c.SponsorUpdated = event.body
    item = Sponsor(*_stamp(event), body.identified, body.engaged, body.person_id)
    if facts.sponsor is None or facts.sponsor.stamp < item.stamp:
        facts.sponsor = item


def _on_cancel(facts: Facts, _: Presence, event: Event) -> None:
    requested = event.type == "cancel.requested"
    item = Cancellation(*_stamp(event), requested, event.body.reason if requested else None)
    if facts.cancellation is None or facts.cancellation.stamp < item.stamp:
        facts.cancellation = item


def _on_subscription(facts: Facts, _: Presence, event: Event) -> None:
    body: c.SubscriptionUpdated = event.body
    monthly = body.amount / months(body.interval, body.interval_count) if body.status in _PAYING else Decimal(0)
    state = Subscription(
        *_stamp(event), body.status, micros(monthly), body.currency, body.plan, body.seats,
        _us(body.started_at), _us(body.renews_at), _us(body.ends_at), body.cancel_at_period_end,
    )  # fmt: skip
    states = [*facts.subscriptions.get(body.subscription_id, []), state]
    states.sort(key=lambda s: s.stamp, reverse=True)
    facts.subscriptions[body.subscription_id] = states[:MOST_SUBSCRIPTION_STATES]
    if sum(map(len, facts.subscriptions.values())) > MOST_STATES:
        _forget_a_state(facts.subscriptions)


def _forget_a_state(subscriptions: dict[str, list[Subscription]]) -> None:
    """Drops the oldest state of the subscription that has most, so that the choice does not depend on arrival."""
    longest = min(subscriptions, key=lambda name: (-len(subscriptions[name]), subscriptions[name][-1].stamp))
    left = subscriptions[longest][:-1]
    if left:
        subscriptions[longest] = left
    else:
        del subscriptions[longest]


def _on_invoice(facts: Facts, _: Presence, event: Event) -> None:
    body: c.InvoiceUpdated = event.body
    item = Invoice(
        *_stamp(event), body.status, micros(body.amount), body.currency,
        _us(body.issued_at), _us(body.due_at), _us(body.paid_at),
    )  # fmt: skip
    _put(facts.invoices, body.invoice_id, item)


def _on_ticket(facts: Facts, _: Presence, event: Event) -> None:
    body: c.TicketUpdated = event.body
    item = Ticket(
        *_stamp(event), body.status, body.priority, body.sentiment, body.escalated,
        to_us(body.opened_at), _us(body.resolved_at), body.satisfaction,
    )  # fmt: skip
    _put(facts.tickets, body.ticket_id, item)


def _on_report(facts: Facts, _: Presence, event: Event) -> None:
    body: c.UsageReported = event.body
    start, end = day_number(body.period_start), day_number(body.period_end)
    item = UsageReport(
        *_stamp(event), start, end, body.active_people, body.mean_daily_active_people, body.logins,
        body.actions, body.api_requests, body.storage_gb, body.features_used,
    )  # fmt: skip
    _put(facts.reports, f"{start}:{end}", item)


_ON: dict[str, Callable[[Facts, Presence, Event], None]] = {
    "account.updated": _on_account,
    "person.updated": _on_person,
    "person.left": _on_departure,
    "meeting.updated": _on_meeting,
    "outreach.sent": _on_outreach,
    "reply.received": _on_reply,
    "sponsor.updated": _on_sponsor,
    "feedback.given": _on_feedback,
    "usage.recorded": _on_usage,
    "login.recorded": _on_login,
    "usage.reported": _on_report,
    "subscription.updated": _on_subscription,
    "invoice.updated": _on_invoice,
    "cancel.requested": _on_cancel,
    "cancel.withdrawn": _on_cancel,
    "ticket.updated": _on_ticket,
    "survey.response": _on_survey,
}
