"""The cast of our stories: one company's accounts and people, and how their facts are told."""

import datetime as dt
import itertools
import json
from typing import Any

from shared.broker import Outgoing
from shared.contracts import NATIVE

NOW = dt.datetime(2026, 3, 4, 12, 0, tzinfo=dt.UTC)
"""A Wednesday noon."""

_numbers = itertools.count(1)


def told(
    kind: str, account: str = "acme", *, at: dt.datetime = NOW, id: str | None = None, source: str = "crm", **data: Any
) -> Outgoing:
    """A native event of `account` as a Kafka record in binary mode."""
    headers = {
        "ce_specversion": "1.0",
        "ce_id": id or f"e{next(_numbers)}",
        "ce_source": source,
        "ce_type": kind,
        "ce_time": at.isoformat(),
        "ce_subject": account,
        "content-type": "application/json",
    }
    topic = str(NATIVE[kind][0]) if kind in NATIVE else "crm.events"
    return Outgoing(
        topic,
        account.encode(),
        json.dumps(data, default=str).encode(),
        [(name, value.encode()) for name, value in headers.items()],
    )


def acme_exists(account: str = "acme", **data: Any) -> Outgoing:
    """The CRM tells of an account."""
    return told("account.updated", account, name=account.title(), owner="ada@example.com", **data)


def used(person: str = "mia", account: str = "acme", **more: Any) -> Outgoing:
    """Somebody used the product."""
    return told("usage.recorded", account, person_id=person, source="product", **more)
