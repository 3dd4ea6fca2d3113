"""What a subscription costs, where it may have to be reckoned again. Exact numbers are texts: `12.5`, `1000/3`."""

import msgspec


class Off(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A discount: percent, or an amount off one interval's price, while it lasts. Neither: not known yet. `payer`: in
    its place stand the discounts that this payer has, if any."""

    id: str
    percent: str | None
    amount: str | None
    ends_at: int | None
    starts_at: int | None = None
    payer: str | None = None

    @property
    def is_known(self) -> bool:
        return self.percent is not None or self.amount is not None

    @property
    def is_missing(self) -> bool:
        """Whether something is taken off of which nobody has said how much."""
        return not self.is_known and self.payer is None


class Part(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Items with the discounts that are theirs alone: their price a month, and the months of their interval."""

    monthly: str
    months: str
    discounts: list[Off]


class Terms(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """The parts, and the discounts on all of them together, taken off in their order. `priced`: each item's price is
    known; `months`: of the interval in which it is billed."""

    parts: list[Part]
    months: str
    discounts: list[Off]
    priced: bool

    def offs(self) -> list[Off]:
        """All discounts."""
        return [off for part in self.parts for off in part.discounts] + self.discounts
