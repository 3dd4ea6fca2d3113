"""What a draft of a model would say and set off, over the wire."""

import datetime as dt
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from services.api.schemas.wire import Schema
from services.api.values import Day, Text


class TryModel(BaseModel):
    """A draft, and over what it is to be tried."""

    model_config = ConfigDict(extra="forbid")

    model: dict[str, Any] = Field(description="the draft, as its file says it")
    since: Day | None = Field(None, description="also over the closes of the days from this one on")
    accounts: Annotated[int, Field(ge=1, le=1_000_000)] | None = Field(None, description="a sample of so many accounts")
    segments: list[Text] = Field([], max_length=50, description="where it would score; else where one of its name does")
    most: int = Field(200, ge=0, le=10_000, description="most entries of each list")


class BandMove(Schema):
    """An account whose band would be another."""

    account_id: int
    name: str
    owner: str | None
    segment: str
    from_score: int | None
    from_band: str
    to_score: int | None
    to_band: str
    direction: Literal["up", "down", "known", "unknown"] = Field(
        description="`known`: it has a score only by the draft; `unknown`: it would lose its score"
    )


class BandCounts(Schema):
    """How many accounts are in each band."""

    before: dict[str, int]
    after: dict[str, int]


class CrossingCount(Schema):
    """How often the draft would have moved an account between two bands."""

    from_band: str
    to_band: str
    count: int


class PlaybookCount(Schema):
    """What a playbook would have done: runs started, occasions that joined one, and those held back by others."""

    playbook: str
    started: int
    joined: int
    suppressed: int


class OwnerLoad(Schema):
    """What an owner would have had to do; null for what is nobody's."""

    owner: str | None
    runs: int
    tasks: int
    busiest_week: int = Field(description="the most tasks that fell due in one week")


class Firing(Schema):
    """A run that would have started."""

    account_id: int
    name: str
    playbook: str
    at: dt.datetime
    words: str
    ended_at: dt.datetime | None = Field(description="null: it would still be open")


class TriedDays(Schema):
    """The draft over the closes of every day."""

    first_day: dt.date
    last_day: dt.date
    closes: int
    crossings: int
    between: list[CrossingCount]
    playbooks: list[PlaybookCount]
    owners: list[OwnerLoad]
    firings: list[Firing] = Field(description="the first ones")


class Trial(Schema):
    """What a draft would change."""

    model: str = Field(examples=["hm-2@2"])
    segments: list[str]
    accounts: int
    moved: dict[str, int] = Field(description="how many accounts move each way", examples=[{"up": 3, "down": 12}])
    moves: list[BandMove] = Field(description="the deepest falls first")
    bands: BandCounts
    by_segment: dict[str, BandCounts]
    history: TriedDays | None
    notes: list[str] = Field(description="what has to be known of these figures")
