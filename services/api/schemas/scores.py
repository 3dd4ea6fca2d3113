"""A score over time, and what stands beside it: a trend, an override, an episode, a chance to leave."""

import datetime as dt
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from services.api.schemas.wire import Schema
from services.api.values import Instant, Text


class Trend(Schema):
    """How the score stands against what was in effect so many days ago."""

    days: int = Field(examples=[30])
    score: int | None = Field(description="then")
    points: int | None = Field(description="since then; null where either is unknown, or another model scored then")


class Override(Schema):
    """What a person says that a score counts as, from when to when, and why."""

    id: UUID
    value: int = Field(examples=[30])
    author: str
    reason: str
    set_at: dt.datetime
    expires_at: dt.datetime
    ended_at: dt.datetime | None = Field(description="null while it is in force")
    ended_because: str | None = Field(examples=["it expired"])


class OverrideChoice(BaseModel):
    """What a score counts as until when, and why."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"value": 30, "reason": "Their sponsor leaves", "expires_at": "2026-12-24T00:00:00Z"}]
        },
    )
    value: Annotated[int, Field(ge=0, le=100)]
    reason: Annotated[Text, Field(min_length=1, max_length=2000)]
    expires_at: Annotated[Instant, Field(description="180 days ahead at most; a date is the beginning of its UTC day")]


class Episode(Schema):
    """The stay in a band, with hysteresis: what playbooks read."""

    id: UUID
    band: str
    opened_at: dt.datetime


class ChurnReason(Schema):
    """Something that raises an account's chance to leave above the usual."""

    measure: str = Field(examples=["days_since_last_login"])
    label: str = Field(examples=["Days since last login"])
    words: str = Field(examples=["23 days; 2 days usually"])


class ChurnChance(Schema):
    """What a model that was taught by who left says. It stands beside the score, and nothing follows from it."""

    probability: float = Field(description="that the account leaves within the horizon", examples=[0.183])
    horizon_days: int
    reasons: list[ChurnReason] = Field(description="the heaviest first, three at most")
    model: int = Field(description="as `steward predict list` numbers them")
    as_of: dt.date = Field(description="the day whose close it was read from")


class HistoryRow(Schema):
    """What was in effect from `effective_at` on, as recorded at `recorded_at`."""

    kind: Literal["move", "close"] = Field(description="a change of the score, or a day's close")
    effective_at: dt.datetime
    recorded_at: dt.datetime
    model: str
    segment: str
    score: int | None
    band: str
    coverage: float
    computed_score: int | None = Field(description="as the model computes it; another than `score` while overridden")
    override_id: UUID | None = Field(description="the override that was in force")
    corrects: bool = Field(description="true when a late event rewrote it")
    measures: dict[str, float | None]
