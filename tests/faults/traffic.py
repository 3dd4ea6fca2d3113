"""Traffic that makes scores fall below 40: a few accounts do well for a while, then everything goes wrong."""

import datetime as dt
import random
from collections.abc import Sequence

from shared.broker import Outgoing
from tests.cast import told

USED = ("dashboards", "reports", "api")
"""Three of the eight core features: little adoption, so that the relationship decides."""


def good_times(accounts: int, now: dt.datetime) -> list[Outgoing]:
    """Accounts are created and do well."""
    records = []
    for number in range(accounts):
        name = f"acc-{number}"
        records += [
            told("account.updated", name, at=now, name=name, owner="ada@example.com"),
            told("sponsor.updated", name, at=now, identified=True, engaged=True),
            told("survey.response", name, at=now, survey_id=f"n-{name}", survey_type="nps", score=9),
            told("meeting.updated", name, at=now, meeting_id=f"m-{name}", status="held", starts_at=now.isoformat()),
            told("feedback.given", name, at=now, feedback_id=f"f-{name}", sentiment="positive"),
            *(told("usage.recorded", name, at=now, person_id="mia", feature=f, source="product") for f in USED),
        ]
    return records


def bad_times(accounts: Sequence[int], now: dt.datetime) -> list[Outgoing]:
    """Everything that can go wrong for these accounts does."""
    records = []
    for number in accounts:
        name = f"acc-{number}"
        records += [
            told("sponsor.updated", name, at=now, identified=False, engaged=False),
            told("survey.response", name, at=now, survey_id=f"n2-{name}", survey_type="nps", score=1),
            told("meeting.updated", name, at=now, meeting_id=f"m-{name}", status="missed", starts_at=now.isoformat()),
            told("feedback.given", name, at=now, feedback_id=f"f2-{name}", sentiment="negative"),
            told("outreach.sent", name, at=now - dt.timedelta(days=20), outreach_id=f"o-{name}"),
            told(
                "ticket.updated", name, at=now, ticket_id=f"t-{name}", status="solved", sentiment="negative",
                satisfaction=1, opened_at=(now - dt.timedelta(days=1)).isoformat(), resolved_at=now.isoformat(),
            ),
            *(_late_invoice(name, i, now) for i in range(3)),
        ]  # fmt: skip
    return records


def _late_invoice(name: str, number: int, now: dt.datetime) -> Outgoing:
    due = now - dt.timedelta(days=40 - number)
    return told(
        "invoice.updated", name, at=now, invoice_id=f"i-{name}-{number}", status="open", amount="100",
        issued_at=(due - dt.timedelta(days=30)).isoformat(), due_at=due.isoformat(),
    )  # fmt: skip


def noise(accounts: int, count: int, now: dt.datetime, seed: int) -> list[Outgoing]:
    """Usage of everybody, one in ten sent twice."""
    dice = random.Random(seed)
    records = []
    for _ in range(count):
        name = f"acc-{dice.randrange(accounts)}"
        person = f"p{dice.randrange(5)}"
        event = told(
            "usage.recorded", name, at=now, id=f"u{dice.getrandbits(64)}", person_id=person,
            feature=dice.choice(USED), actions=dice.randrange(5), source="product",
        )  # fmt: skip
        records += [event, event] if dice.random() < 0.1 else [event]
    return records
