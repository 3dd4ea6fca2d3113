"""What the API shows of why a score was what it was."""

import datetime as dt

from pydantic import Field

from services.api.schemas.explained import Change, ChangePart, ScoreExplained
from services.api.schemas.scores import HistoryRow
from services.api.schemas.wire import Schema


class DayLost(Schema):
    """What passing time alone has cost on a day: Σ parts, of which some may be a gain."""

    day: dt.date
    points: float = Field(examples=[-6.25])
    parts: list[ChangePart] = Field(description="the heaviest first")


class TimeLost(Schema):
    """What passing time alone has cost: nothing happened, and that was it."""

    days: int = Field(description="looked back over so many")
    points: float = Field(description="Σ of the days")
    lost: list[DayLost] = Field(description="newest first")


class Why(Schema):
    """A score at an instant, what had moved it until then, and what silence had cost."""

    at: dt.datetime
    in_effect: HistoryRow | None = Field(description="null before the first score")
    explanation: ScoreExplained | None = Field(
        description="the sum of then, out of the values of then; null before the first score, and where they no longer"
        " come to the score that was recorded"
    )
    changes: list[Change] = Field(description="the last ones up to then, newest first")
    by_time: TimeLost
