"""Sources, and how they are doing."""

import datetime as dt
from typing import Literal

from pydantic import Field

from services.api.schemas.wire import Schema


class SourceProblem(Schema):
    """Records of a source that could not become events, for one reason."""

    reason: str = Field(examples=["invalid_payload"])
    status: Literal["parked", "held"]
    records: int
    since: dt.datetime = Field(description="when the oldest of them was rejected")


class Blocked(Schema):
    """A partition that does not go on. What is sent to it meanwhile waits, and nothing of it is lost."""

    topic: str
    partition: int
    since: dt.datetime
    error: str
    remedy: str = Field(description="what to do, with the command")


class Source(Schema):
    """A system that tells us things, and how it is doing. While it is quiet, what it told is stale, not zero."""

    source: str = Field(examples=["crm.example.com"])
    last_event_at: dt.datetime | None = Field(description="when its newest event occurred")
    last_received_at: dt.datetime | None = Field(description="when it was last heard")
    usual_gap_seconds: int | None = Field(
        description="a silence that nine in ten of its days do not exceed; null until three days are known"
    )
    quiet: bool = Field(description="silent for longer than `quiet_after_seconds`")
    quiet_after_seconds: int
    held_since: dt.datetime | None = Field(description="since when its records are held, unread")
    accepted: int = Field(description="events accepted so far, imports included")
    skewed: int = Field(description="of these, how many lay ahead of their arrival: the source's clock is ahead")
    waiting: int = Field(description="events whose account is not known yet")
    problems: list[SourceProblem]
    blocked: list[Blocked] = Field(
        description="partitions of ingest that do not go on, of topics by which it may send: its records may wait there"
    )
