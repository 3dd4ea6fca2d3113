"""What the API answers, and the two bodies that it reads. Points are numbers with at most six decimals: added as
decimals, the contributions, the exception and the rounding of a score give the score exactly."""

import datetime as dt
from typing import Annotated, Any, Generic, Literal, TypeVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator

from services.api.values import Instant, Text
from shared.errors import Reason

T = TypeVar("T")


class Schema(BaseModel):
    """What goes over the wire."""

    model_config = ConfigDict(frozen=True)


class Page(Schema, Generic[T]):
    """One page of a list."""

    data: list[T]
    next: str | None = Field(description="cursor of the next page, or null at the end")


class FieldError(Schema):
    """What is wrong with one field."""

    field: str
    words: str


class ProblemBody(Schema):
    """A refusal (RFC 9457)."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "type": "urn:steward:problem:not-found",
                    "title": "There is no such thing",
                    "status": 404,
                    "detail": "There is no account 4711 that you may see.",
                }
            ]
        }
    )
    type: str
    title: str
    status: int
    detail: str
    remedy: str | None = None
    errors: list[FieldError] | None = None
    id: str | None = Field(None, description="names the log line of an unexpected error")
    merged_into: int | None = Field(None, description="the account that the one asked for was merged into")


# --- accounts -----------------------------------------------------------------------------------------


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
        description="since when it is in this band; on the way up, while its episode goes on, since its last move"
    )
    override_until: dt.datetime | None = Field(description="while a person's override is in force: until when")


class Measured(Schema):
    """What one measure brought."""

    measure: str = Field(examples=["dau_mau_ratio"])
    label: str = Field(examples=["DAU/MAU ratio"])
    value: float | None = Field(description="as read from the facts; null without data")
    words: str = Field(description="the value as people say it", examples=["0.28"])
    verdict: str | None = Field(description="what the model calls this value", examples=["at risk"])
    points: float | None = Field(description="0 to 100 on the measure's own curve; null when left out", examples=[50])
    contribution: float = Field(description="points of the score", examples=[10.294118])
    weight: float = Field(description="most that it could bring now; what has no data gives its weight to the others")
    as_of: dt.datetime | None = Field(None, description="while its source is silent: when that was last heard")


class MeasureGroup(Schema):
    """Measures that share a weight."""

    group: str
    label: str
    points: float | None = Field(description="0 to 100, of the group alone; null when left out")
    verdict: str | None = Field(description="what the model calls these points", examples=["Healthy usage patterns"])
    contribution: float
    weight: float
    measures: list[Measured]


class Raise(Schema):
    """One step up of one measure, all others staying as they are; or the end of what holds it down."""

    measure: str
    label: str
    words: str = Field(examples=["from 3 of 10 to 7 of 10"])
    gain: float = Field(description="points of the score, after exceptions, before rounding", examples=[4.25])


class ScoreExplained(Schema):
    """score = Σ contributions + exception + rounding. While an override is in force, it is what counts instead."""

    model: str
    score: int | None = Field(description="as the model computes it, whatever a person has set")
    band: str
    groups: list[MeasureGroup]
    exception: str | None = Field(description="why the sum was bounded, in words")
    exception_points: float
    rounding_points: float
    assessed_at: dt.datetime
    improvements: list[Raise] = Field(description="the three single steps that would bring most")


class ChangePart(Schema):
    """One line of an explanation."""

    measure: str = Field(examples=["feature_adoption"])
    label: str = Field(examples=["Feature adoption"])
    points: float = Field(examples=[-6.176471])
    words: str = Field(examples=["87.5 % → 75 %, 100 → 70 points"])
    by_time: bool = Field(description="true when passing time alone moved it")
    events: list[str] = Field(description="at most twenty ids; open them at /v1/events/{id}?account=")
    event_count: int


class Change(Schema):
    """A move of the score. The points of its parts add up to `points`."""

    id: int
    at: dt.datetime
    from_score: int | None
    to_score: int | None
    points: int = Field(description="to_score − from_score, an unknown score counting as 0")
    cause: str = Field(description="what set it off", examples=["events"])
    parts: list[ChangePart]


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


class Episode(Schema):
    """The stay in a band, with hysteresis: what playbooks read."""

    id: UUID
    band: str
    opened_at: dt.datetime


class ExternalId(Schema):
    """What a source calls the account."""

    source: str
    id: str


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


class Transition(Schema):
    """The account got another segment, tier, size or stage."""

    kind: Literal["segment", "served_as", "tier", "size", "stage"]
    scheme: str = Field(examples=["seg-4"])
    from_name: str
    to_name: str
    cause: Literal["events", "time", "configuration"]
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


class Signal(Schema):
    """Something that was noticed about an account and is not its band."""

    id: UUID
    account_id: int
    account_name: str
    kind: str = Field(description="as docs/signals.md names it", examples=["usage_drop"])
    label: str = Field(examples=["Use declines"])
    side: Literal["risk", "expansion"]
    severity: Literal["info", "warning", "critical"]
    about: str = Field(description="what of its kind: a person, a subscription; empty for the whole account")
    words: str = Field(examples=["Use declines: -42 %"])
    evidence: list[str] = Field(description="ids of the events behind it, at most twenty")
    measures: dict[str, float] = Field(description="values behind it, by measure", examples=[{"usage_trend": -0.42}])
    window_days: int | None = Field(description="UTC days that it looked back, or ahead", examples=[30])
    at: dt.datetime


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


# --- events, rejected records, models -----------------------------------------------------------------


class StoredEvent(Schema):
    """One fact, as its source told it."""

    id: str
    source: str = Field(examples=["crm.example.com"])
    type: str = Field(examples=["ticket.updated"])
    account_id: int
    occurred_at: dt.datetime
    received_at: dt.datetime
    skewed: bool = Field(description="it lies more than a second ahead of its arrival: its source's clock is ahead")
    version: int = Field(description="the facts version that it was folded into")
    data: Any


class Bytes(Schema):
    """Bytes as text where they are UTF-8, else as base64."""

    encoding: Literal["text", "base64"]
    content: str
    truncated: bool = Field(description="true when only the beginning is shown; the record's own page has all of it")


class Header(Schema):
    """One header of a record."""

    name: str
    value: Bytes


class RejectedChoice(Schema):
    """Which rejected records: by their ids, or by a source, a reason, or both."""

    ids: list[Annotated[int, Field(ge=1, le=2**63 - 1)]] = Field(default_factory=list, max_length=2_000)
    source: Text | None = Field(None, min_length=1, max_length=200)
    reason: Reason | None = None

    @model_validator(mode="after")
    def _one_way(self) -> "RejectedChoice":
        if bool(self.ids) == bool(self.source or self.reason):
            raise ValueError("name either ids or a source, a reason, or both")
        return self


class RejectedActed(Schema):
    """How many records it was done to."""

    records: int


class RejectedRecord(Schema):
    """A record that could not become an event, with its origin and reason."""

    id: int
    source: str
    topic: str
    partition: int
    offset: int
    reason: str
    words: str
    status: Literal["parked", "held", "replayed", "discarded"]
    first_received_at: dt.datetime
    rejected_at: dt.datetime
    key: Bytes | None
    headers: list[Header]
    body: Bytes
    size: int = Field(description="bytes of the body")


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


class ModelBand(Schema):
    """A named range of the score, from `lower` up to the next band."""

    name: str
    lower: int
    color: str


class ModelMeasure(Schema):
    """A measure and its weight in its group."""

    measure: str
    label: str
    unit: str
    weight: int


class ModelGroup(Schema):
    """A group of measures and its weight in the score."""

    group: str
    label: str
    weight: int
    measures: list[ModelMeasure]


class HealthModel(Schema):
    """One version of a health model."""

    name: str
    version: int
    words: str
    accounts: int = Field(description="how many accounts you may see are scored by it now")
    segments: list[str] = Field(description="the segments that it scores; none when it is not in force")
    shadow_of: list[str] = Field(description="the segments that it watches, without any effect")
    bands: list[ModelBand]
    groups: list[ModelGroup]
    minimum_coverage: float
    upward_margin: int
    exceptions: list[str]


class CoverageModel(Schema):
    """How the accounts of a segment are cared for."""

    touch: str = Field(examples=["high"])
    ratio: str | None = Field(description="accounts of one CSM", examples=["1:10–25"])
    cadence: str
    reviews: str
    plans: str
    cost_to_serve: str | None = Field(examples=["15–25 % of ARR"])
    contacts: str | None = Field(description="people whom we know there", examples=["5+"])
    risk_tolerance: str
    fits: list[str]
    elements: list[str]


class SegmentRow(Schema):
    """A segment, or a stage, and the accounts of it that you may see."""

    name: str = Field(examples=["high_touch"])
    label: str
    words: str
    accounts: int
    arr: float = Field(description="annual recurring revenue of these accounts, currencies added as they are")
    unowned: int = Field(description="accounts that nobody owns")
    served: int | None = Field(description="accounts served as it; null but for segments")
    csms: int | None = Field(description="CSMs that its accounts ask for, at the most that one may have")
    coverage: CoverageModel | None


class SegmentScheme(Schema):
    """A scheme in force, with its segments from the most cared for; or the lifecycle, with its stages."""

    place: Literal["segment", "tier", "size", "stage"]
    scheme: str = Field(examples=["seg-4"])
    by: Literal["arr", "score", "matrix", "rank", "life"]
    words: str
    unplaced: int = Field(description="accounts that are in none: not assessed yet, or not yet ranked")
    segments: list[SegmentRow]


class SegmentSchemes(Schema):
    """All schemes in force."""

    data: list[SegmentScheme]


# --- what is sent to us -------------------------------------------------------------------------------


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


class EventResult(Schema):
    """What became of one item of a request."""

    index: int = Field(description="place in the request, from 0; for NDJSON the non-empty lines count")
    id: str | None
    status: Literal["accepted", "rejected"]
    reason: str | None = Field(description="of the closed list of reasons", examples=["unknown_type"])
    detail: str | None = Field(
        examples=["type: 'account.updatd' is not a native type; did you mean 'account.updated'?"]
    )


class EventResults(Schema):
    """The verdicts, in the order of the items."""

    accepted: int
    rejected: int
    results: list[EventResult]


class OwnerChoice(BaseModel):
    """Whose an account is, whatever the CRM and the pools say."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"owner": "ada@example.com", "reason": "Knows their team"}]}
    )
    owner: Annotated[Text, Field(pattern=r"^[^@\s]+@[^@\s]+$", max_length=200)]
    reason: Annotated[Text, Field(min_length=1, max_length=2000)]


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


class Received(Schema):
    """A webhook was taken in."""

    received: Literal[True] = True
