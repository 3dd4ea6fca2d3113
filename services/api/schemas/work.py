"""Tasks and runs, and what a person says of a task."""

import datetime as dt
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from services.api.schemas.wire import Schema
from services.api.values import Text


class Task(Schema):
    """A to-do for a person."""

    id: UUID
    account_id: int
    account_name: str
    run_id: UUID
    playbook: str = Field(examples=["at-risk"])
    playbook_name: str = Field(examples=["At-Risk"])
    step: str = Field(examples=["champion"])
    title: str = Field(examples=["Reach out to the champion"])
    instructions: str
    channel: str
    role: str
    owner: str | None
    due_on: dt.date
    opened_at: dt.datetime
    status: Literal["open", "done", "skipped", "cancelled"]
    outcome: str | None = Field(description="what came of it, or why it was skipped")
    closed_at: dt.datetime | None
    closed_by: str | None
    success: str = Field(description="how one knows that it worked; empty where the playbook does not say")


class RunStep(Schema):
    """A step of a run: where it stands, on which day it is due, and why it was opened or not needed."""

    step: str = Field(examples=["escalate"])
    title: str
    state: Literal["waiting", "open", "done", "skipped", "cancelled", "not needed", "raised"]
    due_on: dt.date
    condition: str | None = Field(
        None, description="what must hold on its day, in words; null for one that always comes"
    )
    words: str = Field("", description="why a conditional step was opened or not needed, or what came of it")


class Run(Schema):
    """One playbook for one occasion of one account."""

    id: UUID
    playbook: str
    playbook_name: str
    playbook_version: int
    account_id: int
    account_name: str
    occasion_kind: str
    occasion: str
    state: Literal["open", "completed", "exited", "cancelled"]
    words: str = Field(description="why it started", examples=["the score 37 is below 40 (it was 59)"])
    started_at: dt.datetime
    ended_at: dt.datetime | None
    ended_because: str | None
    tasks_open: int
    tasks_closed: int
    steps: list[RunStep] = Field(description="all of them, in the order of the playbook")


class Completion(BaseModel):
    """What came of a task."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"outcome": "Champion answered; call on Friday"}]}
    )
    outcome: Annotated[Text, Field(min_length=1, max_length=2000)]


class Skip(BaseModel):
    """Why a task is not done."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"reason": "Customer is on holiday"}]})
    reason: Annotated[Text, Field(min_length=1, max_length=2000)]
