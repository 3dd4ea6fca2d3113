"""What our accounts go through."""

import datetime as dt
from typing import Any

from shared.broker import Outgoing
from tests.cast import NOW, acme_exists, told, used

LATER = NOW + dt.timedelta(minutes=1)

FEATURES = ("dashboards", "reports", "integrations", "automations", "exports", "alerts", "api")


def well(account: str = "acme", at: dt.datetime = NOW, **fields: Any) -> list[Outgoing]:
    """An account that is well enough: used widely by one person, a promoter, a sponsor. Stable, 68."""
    return [
        acme_exists(account, at=at, **fields),
        *(used("mia", account, at=at, feature=feature) for feature in FEATURES),
        told("survey.response", account, at=at, survey_id=f"s-{account}", survey_type="nps", score=10),
        told("sponsor.updated", account, at=at, identified=True, engaged=False),
    ]


def nps(answer: int, account: str = "acme", at: dt.datetime = LATER) -> Outgoing:
    """An answer to the NPS question."""
    return told("survey.response", account, at=at, survey_id=f"{account}-{at}", survey_type="nps", score=answer)


def detracts(account: str = "acme", at: dt.datetime = LATER) -> Outgoing:
    """The newest answer to the NPS question is as bad as it gets: from stable to at risk, 52."""
    return nps(0, account, at)


def sponsor_leaves(account: str = "acme", at: dt.datetime = LATER) -> Outgoing:
    """There is no sponsor any more."""
    return told("sponsor.updated", account, at=at, identified=False, engaged=False)


def asks_to_cancel(account: str = "acme", at: dt.datetime = LATER, **more: Any) -> Outgoing:
    """The account asks to leave."""
    return told("cancel.requested", account, at=at, reason="too dear", **more)
