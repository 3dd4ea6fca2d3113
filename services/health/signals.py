"""What was noticed about an account that is not its band, and what of it still holds. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal
from uuid import UUID, uuid5

from services.health.detectors.finding import Finding
from services.health.signal_files import SEVERITIES, Severity, SignalFile

_NAMESPACE = UUID("2d0a4a4e-7c1b-5f0e-8e53-94a1f7c6b0d2")

MOST_EVENTS = 20
"""Ids that a signal names, the newest."""


@dataclass(frozen=True)
class Signal:
    """Something noticed at `at` (µs); `evidence` are hexadecimal event ids, `measures` values behind it. The id depends
    on the account, the kind, the severity, what it is about and when that began alone."""

    signal_id: UUID
    account_id: int
    kind: str
    label: str
    side: Literal["risk", "expansion"]
    severity: Severity
    about: str
    words: str
    evidence: tuple[str, ...]
    at: int
    window_days: int | None = None
    measures: Mapping[str, float] = field(default_factory=dict)


def signal_of(file: SignalFile, finding: Finding, rank: int, account: int, now: int) -> Signal:
    """What is noticed of a finding that has just begun to hold at a severity. It began with its first event, or now."""
    severity: Severity = SEVERITIES[rank]
    began = finding.events[0].hex() if finding.events else str(now)
    return Signal(
        uuid5(_NAMESPACE, f"{file.name}/{account}/{finding.about}/{severity}/{began}"), account, file.name, file.label,
        file.side, severity, finding.about, finding.words,
        tuple(event.hex() for event in finding.events[-MOST_EVENTS:]), now, file.window_days, finding.measures,
    )  # fmt: skip
