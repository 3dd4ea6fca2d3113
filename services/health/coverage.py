"""The coverage model of a segment: how its accounts are cared for, by how many, and what that may cost. Pure."""

from math import ceil
from typing import Annotated, Literal

from pydantic import Field, model_validator

from services.health.curves import Part

Touch = Literal["executive", "high", "medium", "low", "pooled", "tech"]
Share = Annotated[float, Field(ge=0, le=100, description="percent")]


class Ratio(Part):
    """Accounts of one CSM: `fewest` to `most`; without `most` as many as there are."""

    fewest: int = Field(ge=1)
    most: int | None = Field(None, ge=1)

    @model_validator(mode="after")
    def _rises(self) -> "Ratio":
        if self.most is not None and self.most < self.fewest:
            raise ValueError("a ratio's most lies below its fewest")
        return self

    @property
    def words(self) -> str:
        """The ratio as people write it."""
        if self.most == self.fewest:
            return f"1:{self.fewest}"
        return f"1:{self.fewest}+" if self.most is None else f"1:{self.fewest}–{self.most}"


class CostToServe(Part):
    """What caring for an account may cost a year, in percent of its ARR."""

    least: Share = 0
    most: Share

    @property
    def words(self) -> str:
        """The range as people write it."""
        return f"{self.least:g}–{self.most:g} % of ARR" if self.least else f"below {self.most:g} % of ARR"


class Coverage(Part):
    """How the accounts of a segment are cared for; what its source does not say is left out."""

    touch: Touch
    ratio: Ratio | None = Field(None, description="accounts of one CSM")
    cadence: str = Field("", description="how often we speak with them")
    reviews: str = Field("", description="business reviews")
    plans: str = Field("", description="success plans")
    cost_to_serve: CostToServe | None = None
    contacts: Ratio | None = Field(None, description="people whom we know there")
    fits: tuple[str, ...] = Field((), description="what such accounts are like, beside the rule that sorts them")
    risk_tolerance: str = ""
    elements: tuple[str, ...] = Field((), description="what else belongs to it")


def csms_needed(accounts: int, per_csm: int) -> int:
    """How many CSMs so many accounts ask for (SEG-7: 40 at 1:15 and 120 at 1:40 are three each)."""
    return ceil(accounts / per_csm)


def cost_per_account(csm_cost: float, per_csm: int) -> float:
    """What one account of a CSM's book costs, in the unit of `csm_cost` (SEG-11: 150k at 1:15 is 10k)."""
    return csm_cost / per_csm


def cost_share(cost: float, arr: float) -> float | None:
    """A cost in percent of annual recurring revenue (SEG-11); None without revenue."""
    return None if arr <= 0 else 100 * cost / arr
