"""What was noticed about an account."""

import datetime as dt
from typing import Literal
from uuid import UUID

from pydantic import Field

from services.api.schemas.wire import Schema


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
