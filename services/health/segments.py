"""Segments: which kind of account it is. SEG-4 by annual recurring revenue unless another scheme is given."""

from decimal import Decimal, InvalidOperation
from functools import cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, model_validator

from services.health.shipped import documents, parsed
from shared.facts import Facts
from shared.revenue.ledger import mrr_at


class Segment(BaseModel):
    """One segment: accounts whose annual recurring revenue is at least `from_arr`, up to the next segment."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    label: str
    from_arr: int = Field(ge=0, description="annual recurring revenue in units of the account's currency, inclusive")
    words: str


class Scheme(BaseModel):
    """A way to sort accounts into segments."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    words: str
    segments: tuple[Segment, ...] = Field(min_length=1, description="highest first; the last one starts at 0")

    @model_validator(mode="after")
    def _covers_every_account(self) -> "Scheme":
        bounds = [segment.from_arr for segment in self.segments]
        if bounds != sorted(set(bounds), reverse=True) or bounds[-1] != 0:
            raise ValueError("segments must be listed from the highest from_arr to 0, each once")
        return self

    def of(self, arr: int | None) -> str:
        """The segment of an annual recurring revenue in millionths; unknown revenue counts as none."""
        for segment in self.segments:
            if (arr or 0) >= segment.from_arr * 1_000_000:
                return segment.name
        return self.segments[-1].name


def segment_of(facts: Facts, now: int, scheme: Scheme | None = None) -> str:
    """The segment at `now`, by revenue in force (SEG-4), else by the field `arr`, else the lowest segment."""
    return (scheme or _shipped()).of(arr_of(facts, now))


def arr_of(facts: Facts, now: int) -> int | None:
    """Annual recurring revenue in millionths of the main currency: twelve times the monthly revenue in force, else
    what the CRM says, else None."""
    total = mrr_at(facts, now)
    if total:
        return 12 * (max(total.values()))
    known = facts.field("arr")
    return None if known is None else _millionths(known)


def _millionths(amount: str | int) -> int | None:
    try:
        return int(Decimal(amount) * 1_000_000)
    except InvalidOperation:
        return None


def load_segments(config_dir: Path | None = None) -> dict[str, Scheme]:
    """All schemes by name: the shipped ones, overlaid by `segments/*.yaml` of `config_dir`."""
    loaded = (parsed(Scheme, where, document) for where, document in documents("segments", config_dir))
    return {scheme.name: scheme for scheme in loaded}


@cache
def _shipped() -> Scheme:
    return load_segments()["seg-4"]
