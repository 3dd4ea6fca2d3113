"""What the API answers, and the bodies that it reads, by subject; what few pages show is in modules of its own."""

from services.api.schemas.accounts import (
    Account,
    AccountDetail,
    ExternalId,
    Moment,
    OwnerChoice,
    Subscribed,
    Transition,
)
from services.api.schemas.events import EventResult, EventResults, Received, StoredEvent
from services.api.schemas.explained import Change, ChangePart, Measured, MeasureGroup, Raise, ScoreExplained
from services.api.schemas.models import HealthModel, ModelBand, ModelGroup, ModelMeasure
from services.api.schemas.rejected import Bytes, Header, RejectedActed, RejectedChoice, RejectedRecord
from services.api.schemas.scores import ChurnChance, ChurnReason, Episode, HistoryRow, Override, OverrideChoice, Trend
from services.api.schemas.segments import CoverageModel, SegmentRow, SegmentScheme, SegmentSchemes
from services.api.schemas.signals import Signal
from services.api.schemas.sources import Blocked, Source, SourceProblem
from services.api.schemas.wire import FieldError, Page, ProblemBody, Schema
from services.api.schemas.work import Completion, Run, RunStep, Skip, Task

__all__ = [
    "Account", "AccountDetail", "Blocked", "Bytes", "Change", "ChangePart", "ChurnChance", "ChurnReason",
    "Completion", "CoverageModel", "Episode", "EventResult", "EventResults", "ExternalId", "FieldError", "Header",
    "HealthModel", "HistoryRow", "MeasureGroup", "Measured", "ModelBand", "ModelGroup", "ModelMeasure", "Moment",
    "Override", "OverrideChoice", "OwnerChoice", "Page", "ProblemBody", "Raise", "Received", "RejectedActed",
    "RejectedChoice", "RejectedRecord", "Run", "RunStep", "Schema", "ScoreExplained", "SegmentRow", "SegmentScheme",
    "SegmentSchemes", "Signal", "Skip", "Source", "SourceProblem", "StoredEvent", "Subscribed", "Task",
    "Transition", "Trend",
]  # fmt: skip
