"""The cast of the playbooks' stories: occasions, what is seen of an account, and PB-3 itself."""

import datetime as dt
import itertools
from typing import Any
from uuid import UUID

from services.playbooks.channels import Notice, Todo
from services.playbooks.definitions import Playbook
from services.playbooks.loading import load, read
from services.playbooks.nouns import Seen
from services.playbooks.occasions import Occasion, Why, of_crossing, of_signal
from services.playbooks.simulate import at_start
from shared.contracts import Cause, Crossing, Signal

NOON = dt.datetime(2026, 3, 4, 12, 0, tzinfo=dt.UTC)
"""A Wednesday noon."""

ACME = 4_611_686_018_427
PB_3 = next(playbook for playbook in load() if playbook.code == "PB-3")
_numbers = itertools.count(1)


def crossing(account: int = ACME, *, score: int | None = 36, previous: int | None = 52, **more: Any) -> Crossing:
    """A fall from at_risk to critical, unless told otherwise."""
    number = next(_numbers)
    told: dict[str, Any] = {
        "crossing_id": str(UUID(int=number)),
        "episode_id": str(UUID(int=10_000 + number)),
        "account_id": account,
        "model": "hm-2/1",
        "from_band": "at_risk",
        "to_band": "critical",
        "direction": "down",
        "score": score,
        "previous_score": previous,
        "lower_bound": 40,
        "at": NOON,
        "causes": [
            Cause(measure="login", label="Days since last login", points=-9_500_000, words="no login for 16 days"),
            Cause(measure="nps", label="NPS", points=-3_000_000, words="a detractor answered 3"),
            Cause(measure="growth", label="Growth", points=500_000, words="expanding"),
            Cause(measure="tickets", label="Tickets", points=-2_500_000, words="sentiment is negative"),
        ],
    }  # fmt: skip
    return Crossing(**{**told, **more})


def cancel(account: int = ACME, *, score: int | None = 75, **more: Any) -> Signal:
    """The account has asked to cancel."""
    told: dict[str, Any] = {
        "signal_id": str(UUID(int=20_000 + next(_numbers))),
        "account_id": account,
        "kind": "cancel_requested",
        "severity": "critical",
        "words": "Acme has asked to cancel: too expensive",
        "score": score,
        "at": NOON,
    }
    return Signal(**{**told, **more})


def fell(**more: Any) -> Occasion:
    return of_crossing(crossing(**more))


def asked_to_cancel(**more: Any) -> Occasion:
    return of_signal(cancel(**more))


def seen(score: int | None = 36, zone: str = "UTC", **values: Any) -> Seen:
    """What is seen of Acme."""
    told = {"score": score, "band": "critical", "segment": "low_touch", "owner": "ada@example.com"}
    return at_start("Acme", {**told, **values}, zone)


def small(**parts: Any) -> Playbook:
    """A playbook of two steps, with what the story changes about it."""
    told: dict[str, Any] = {
        "id": "small",
        "code": "X-1",
        "name": "Small",
        "pack": "test",
        "purpose": "To be tested.",
        "last_updated": "2026-03-04",
        "triggers": [{"kind": "crossing", "direction": "down", "when": "score < 40"}],
        "owners": {"CSM": "does it", "System": "tells"},
        "timeline": "a week",
        "steps": [
            {"id": "first", "at": "D0", "title": "First", "channel": "Call", "role": "CSM"},
            {"id": "second", "at": "D2", "title": "Second", "channel": "Call", "role": "CSM"},
        ],
    }
    return Playbook.model_validate({**told, **parts})


def notice(**parts: Any) -> Notice:
    """What an alert tells of Acme at risk, with what the story changes about it."""
    told: dict[str, Any] = {
        "id": "d1",
        "title": "Acme is at risk",
        "words": "the score 36 is below 40 (it was 52)",
        "account": "Acme",
        "playbook": "At-Risk",
        "score": 36,
        "band": "critical",
        "owner": "ada@example.com",
        "causes": (
            Why("Days since last login", -9_549_999, "no login for 16 days"),
            Why("NPS", -3_000_000, "a detractor answered 3"),
            Why("Growth", 50_000, "expanding"),
            Why("Fourth", -1, "left out"),
        ),
        "todos": (Todo("Review the account", "CSM", NOON.date()),),
        "link": "https://steward.example/accounts/7",
    }
    return Notice(**{**told, **parts})


def texts(told: object) -> list[str]:
    """Every text in a message."""
    if isinstance(told, dict):
        return [text for value in told.values() for text in texts(value)]
    if isinstance(told, list):
        return [text for value in told for text in texts(value)]
    return [told] if isinstance(told, str) else []


__all__ = [
    "ACME",
    "NOON",
    "PB_3",
    "asked_to_cancel",
    "cancel",
    "crossing",
    "fell",
    "notice",
    "read",
    "seen",
    "small",
    "texts",
]
