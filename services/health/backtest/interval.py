"""A figure that is known to within some bounds."""

from typing import NamedTuple


class Interval(NamedTuple):
    """A figure with its interval of 95 %."""

    value: float
    low: float
    high: float
