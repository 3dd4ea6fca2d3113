"""An account: as it stands in a list, and with everything that explains it."""

import datetime as dt
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from services.api.schemas.explained import Change, ScoreExplained
from services.api.schemas.scores import ChurnChance, Episode, Override, Trend
from services.api.schemas.signals import Signal
from services.api.schemas.wire import Schema
from services.api.schemas.work import Run, Task
from services.api.values import Text


class Account(Schema):
    """A customer company and where it stands."""

    id: int = Field(examples=[4711])
    name: str = Field(examples=["Northwind Logistics"])
    owner: str | None = Field(description="e-mail address of the CSM", examples=["ada@example.com"])
    owner_from: Literal["person", "crm", "pool"] | None = Field(description="who says so; null where nobody owns it")
    segment: str | None = Field(description="what picks the model", examples=["high_touch"])
    served_as: str | None = Field(
        description="the segment whose coverage and playbooks count: the one above while the account is upgraded"
    )
    tier: str | None = Field(description="by rank in the whole base, as of today's ranking", examples=["gold"])
    size: str | None = Field(examples=["mid_market"])
    stage: str | None = Field(description="lifecycle stage", examples=["adoption"])
    stage_since: dt.datetime | None
    score: int | None = Field(description="0 to 100; null while too little is known", examples=[37])
    band: str = Field(description="named range of the score, `unknown` without one", examples=["critical"])
    coverage: float | None = Field(description="share of the model's weight that had data, 0 to 1", examples=[0.85])
    arr: float | None = Field(
        description="annual recurring revenue in the account's main currency, if known", examples=[148_000]
    )
    in_band_since: dt.datetime | None = Field(
        description="since when it is in this band, imported days included; on the way up, while its episode goes on,"
        " since its last move"
    )
    override_until: dt.datetime | None = Field(description="while a person's override is in force: until when")


class ExternalId(Schema):
    """What a source calls the account."""

    source: str
    id: str


class Transition(Schema):
    """The account got another segment, tier, size or stage."""

    kind: Literal["segment", "served_as", "tier", "size", "stage"]
    scheme: str = Field(examples=["seg-4"])
    from_name: str
    to_name: str
    cause: Literal["events", "time", "configuration", "override"]
    words: str = Field(examples=["Low touch → High touch: Dedicated CSM"])
    events: list[str] = Field(description="ids of the events behind it, at most twenty")
    entered_at: dt.datetime = Field(description="from when on it holds, as far as the facts tell")
    at: dt.datetime = Field(description="when that was noticed")


class Moment(Schema):
    """A moment of truth: what weighs most in how an account thinks of you."""

    moment: str = Field(examples=["first_login"])
    thing: str = Field(description="the ticket or deal, where there may be several")
    at: dt.datetime
    event: str | None


class Subscribed(Schema):
    """Whether the account still pays: `ending` where every subscription is set to end, `ended` where none is live."""

    state: Literal["live", "ending", "ended"]
    at: dt.datetime | None = Field(description="when the last one ended or will end, where that is known")


class AccountDetail(Account):
    """An account with everything that explains its score."""

    deleted_at: dt.datetime | None = Field(description="since when its source has deleted it; it is in no list then")
    refresh_since: dt.datetime | None = Field(
        description="since when changes of it are lost; until its source tells it anew, what is shown may be stale"
    )
    domain: str | None
    industry: str | None
    region: str | None
    country: str | None
    time_zone: str | None = Field(description="in whose days its tasks fall due; the house's where it has none")
    external_ids: list[ExternalId]
    owner_words: str | None = Field(description="why a person or a pool said so")
    subscribed: Subscribed | None = Field(description="null while no subscription was ever told of")
    transitions: list[Transition] = Field(description="the last ten, newest first")
    moments: list[Moment] = Field(description="moments of truth, newest first")
    episode: Episode | None
    parent_id: int | None = Field(description="the account that this one names as its parent company")
    parent_name: str | None
    is_parent: bool = Field(description="whether others name it as theirs: see its `company`")
    trends: list[Trend] = Field(description="over 30 and 90 days; none where there was no score then")
    override: Override | None = Field(description="the one in force, by which score and band are")
    explanation: ScoreExplained | None = Field(description="null until the first assessment")
    churn: ChurnChance | None = Field(description="null until something was learnt of who leaves")
    changes: list[Change] = Field(description="the last ten, newest first")
    signals: list[Signal] = Field(description="the last ten, newest first")
    tasks: list[Task] = Field(description="the open ones")
    runs: list[Run] = Field(description="the last ten, newest first")


class OwnerChoice(BaseModel):
    """Whose an account is, whatever the CRM and the pools say."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"owner": "ada@example.com", "reason": "Knows their team"}]}
    )
    owner: Annotated[Text, Field(pattern=r"^[^@\s]+@[^@\s]+$", max_length=200)]
    reason: Annotated[Text, Field(min_length=1, max_length=2000)]
