"""Why a score moved: the points of every measure, and the events or the passing time behind them. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from services.health.assess import Assessment
from services.health.model import Model
from shared.contracts import Cause


@dataclass(frozen=True)
class Told:
    """An event between two versions of the facts. `id` is hexadecimal; usage is told by day instead."""

    id: str
    type: str
    occurred_at: int


@dataclass(frozen=True)
class UsageDay:
    """How many events of usage and logins came for a UTC day."""

    day: int
    count: int


def explain(
    model: Model,
    before: Assessment,
    aged: Assessment,
    after: Assessment,
    told: Sequence[Told],
    usage: Sequence[UsageDay],
) -> list[Cause]:
    raise NotImplementedError
