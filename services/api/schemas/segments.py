"""Schemes of segments and the lifecycle, with how many accounts are where."""

from typing import Literal

from pydantic import Field

from services.api.schemas.wire import Schema


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
