"""The traffic of the benchmark: accounts by Zipf, 95 % usage, 2 % CRM, 2 % support, 1 % billing. Seeded."""

import datetime as dt
import random
import uuid
from collections.abc import Iterator

import msgspec
import numpy as np

from shared.broker import Outgoing

FEATURES = ("dashboards", "reports", "integrations", "automations", "exports", "alerts", "api", "mobile")
PEOPLE = 25
"""People of an account."""
_encode = msgspec.json.Encoder().encode


def account_name(number: int) -> str:
    """The source's id of an account."""
    return f"account-{number:05d}"


def person_name(number: int, account: str) -> str:
    """The id of one of the PEOPLE of an account."""
    return f"person-{number}@{account}.example"


def _record(topic: str, kind: str, account: str, at: dt.datetime, data: dict[str, object]) -> Outgoing:
    headers = [
        ("ce_specversion", b"1.0"),
        ("ce_id", str(uuid.UUID(int=random.getrandbits(128), version=4)).encode()),
        ("ce_source", topic.encode()),
        ("ce_type", kind.encode()),
        ("ce_time", at.isoformat().encode()),
        ("ce_subject", account.encode()),
        ("content-type", b"application/json"),
    ]
    return Outgoing(topic, account.encode(), _encode(data), headers)


def accounts(count: int, at: dt.datetime) -> Iterator[Outgoing]:
    """The events that create the accounts, with a subscription each."""
    for number in range(count):
        name = account_name(number)
        yield _record(
            "crm.events", "account.updated", name, at, {"name": name.title(), "owner": f"csm{number % 40}@example.com"}
        )
        amount = random.choice((400, 2_000, 12_000))
        yield _record(
            "billing.events", "subscription.updated", name, at,
            {"subscription_id": f"s-{number}", "status": "active", "amount": amount, "currency": "USD"},
        )  # fmt: skip


def traffic(events: int, count: int, at: dt.datetime, spread_s: float = 3600.0) -> Iterator[Outgoing]:
    """`events` events over `count` accounts, within the `spread_s` seconds before `at`."""
    weights = 1.0 / np.arange(1, count + 1)
    chosen = np.random.default_rng(7).choice(count, size=events, p=weights / weights.sum())
    for index, number in enumerate(chosen.tolist()):
        when = at - dt.timedelta(seconds=spread_s * (events - index) / events)
        yield one(index, account_name(number), when)


def one(index: int, account: str, when: dt.datetime) -> Outgoing:
    """One event of the mixture."""
    dice = random.random()
    person = person_name(random.randrange(PEOPLE), account)
    if dice < 0.95:
        data = {"person_id": person, "feature": random.choice(FEATURES), "actions": random.randrange(1, 9)}
        return _record("product.events", "usage.recorded", account, when, data)
    if dice < 0.97:
        data = {"meeting_id": f"m-{index}", "kind": "check_in", "status": "held", "starts_at": when.isoformat()}
        return _record("crm.events", "meeting.updated", account, when, data)
    if dice < 0.99:
        data = {"ticket_id": f"t-{index}", "status": "open", "priority": "normal", "opened_at": when.isoformat()}
        return _record("support.events", "ticket.updated", account, when, data | {"sentiment": "neutral"})
    data = {"invoice_id": f"i-{index}", "status": "open", "amount": "120.00", "issued_at": when.isoformat()}
    return _record("billing.events", "invoice.updated", account, when, data)
