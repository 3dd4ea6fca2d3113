"""The words that payloads are made of: ids, counts, money, text, with their bounds."""

import math
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field


def _spell_whole_number(value: Any) -> Any:
    """Sources send ids as numbers, also beyond 2^53; we keep their digits. Floats are not ids."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def without_nul(value: str) -> str:
    if "\x00" in value:
        raise ValueError("text must not contain the NUL character, which PostgreSQL cannot store")
    return value


def _finite(value: float) -> float:
    if not math.isfinite(value):
        raise ValueError("must be a finite number")
    return value


Id = Annotated[
    str, BeforeValidator(_spell_whole_number), Field(min_length=1, max_length=200), AfterValidator(without_nul)
]
Name = Annotated[str, Field(min_length=1, max_length=100), AfterValidator(without_nul)]
Line = Annotated[str, Field(max_length=300), AfterValidator(without_nul)]
Prose = Annotated[str, Field(max_length=4000), AfterValidator(without_nul)]
Count = Annotated[int, Field(ge=0, le=1_000_000_000)]
Number = Annotated[float, AfterValidator(_finite)]
Share = Annotated[float, Field(ge=0, le=1)]
Amount = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Money = Annotated[Decimal, Field(ge=0, max_digits=18, decimal_places=6, allow_inf_nan=False)]
Currency = Annotated[str, Field(pattern=r"^[A-Z]{3}$", description="ISO 4217 code")]
Sentiment = Literal["positive", "neutral", "negative"]


class Payload(BaseModel):
    """The data of a native event."""

    model_config = ConfigDict(frozen=True, extra="ignore", defer_build=True)  # each is built when it is first read
