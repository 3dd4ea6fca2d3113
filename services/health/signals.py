"""Signals: what is noticed about an account that is not its band. Pure."""

from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from shared.facts import Facts


@dataclass(frozen=True)
class Signal:
    """Something noticed; `evidence` are hexadecimal event ids. The id depends on the account and the evidence alone."""

    signal_id: UUID
    account_id: int
    kind: Literal["cancel_requested"]
    severity: Literal["info", "warning", "critical"]
    words: str
    evidence: tuple[str, ...]
    at: int


def signals(old: Facts | None, new: Facts, account: int, now: int) -> list[Signal]:
    raise NotImplementedError
