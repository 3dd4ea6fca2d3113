"""What the API shows of accounts taken together: a company of several accounts, bands over time, the team."""

import datetime as dt
from typing import Literal

from pydantic import Field

from services.api.schemas.wire import Schema


class CompanyMember(Schema):
    """An account of a company, and what it brings to the whole."""

    id: int
    name: str
    owner: str | None
    score: int | None
    band: str
    arr: float | None
    weight: float = Field(description="its share of the revenue that counts, 0 to 1", examples=[0.75])
    points: float = Field(description="what it brings to the score of the whole", examples=[67.5])
    left_out: Literal["no score", "no revenue"] | None = Field(description="why it does not count; null if it does")


class Company(Schema):
    """An account with all those that name it as their parent, and theirs, weighted by revenue."""

    score: int | None = Field(description="Σ points, rounded; null where none of them counts", examples=[75])
    arr: float = Field(description="the revenue that counts")
    members: list[CompanyMember] = Field(
        description="those that you may see, the account itself first, then by revenue"
    )


class BandDay(Schema):
    """How many accounts were in which band at the close of a day."""

    day: dt.date
    accounts: int
    score: float | None = Field(description="mean of the known scores", examples=[71.3])
    bands: dict[str, int] = Field(examples=[{"healthy": 40, "at_risk": 3}])


class BandSeries(Schema):
    """The bands of a segment's, an owner's or all accounts over time."""

    key: str | None = Field(description="the segment, the owner, or `all`; null for nobody's accounts")
    days: list[BandDay] = Field(description="oldest first")


class HireDue(Schema):
    """Whom or what it is time for."""

    what: str = Field(examples=["CS Ops"])
    words: str


class Team(Schema):
    """What a base of so many accounts asks for, by rules, or a worked example."""

    name: str = Field(examples=["seg-13"])
    words: str
    source: str
    accounts: int
    csms: int = Field(description="that the segments' ratios ask for; of a worked example, that it plans")
    managers: tuple[int, int] | None = Field(description="the fewest and the most")
    directors: tuple[int, int] | None = Field(description="the fewest and the most")
    stage: str | None = Field(description="how customer success is set up at that size", examples=["Specialization"])
    roles: list[str] = Field(description="of that stage")
    due: list[HireDue]
    headcount: int | None = Field(description="of a worked example: its team with its hires")
