"""What kinds of accounts there are: by touch (size and habits) and by archetype (how their story goes)."""

from dataclasses import dataclass

CORE_FEATURES = ("dashboards", "reports", "integrations", "automations", "exports", "alerts", "api", "mobile")
CHANNELS = ("usage", "relations", "money", "support")
"""What we can see of an account; each sees its strain late and through its own noise."""

Range = tuple[float, float]


@dataclass(frozen=True)
class Touch:
    """A segment: SEG-4 sets its borders. Rates are per account and day, `people` and `arr` are ranges."""

    name: str
    share: float
    arr: Range
    people: tuple[int, int]
    yearly: float
    """Share of accounts that pay by the year; the others pay monthly."""
    hazard: float
    """Daily hazard of leaving at no strain at all."""
    tickets: float
    meeting_every: int
    """Days between meetings; 0 for none."""
    outreach_every: int
    survey_share: float
    """Share of people asked for an NPS answer each quarter."""


TOUCHES = (
    Touch("high_touch", 0.12, (105_000, 420_000), (20, 38), 1.0, 0.000_012, 0.10, 14, 10, 0.16),
    Touch("low_touch", 0.35, (16_000, 92_000), (5, 13), 0.7, 0.000_018, 0.040, 30, 18, 0.30),
    Touch("tech_touch", 0.53, (1_200, 14_000), (1, 5), 0.2, 0.000_033, 0.014, 0, 45, 0.50),
)


@dataclass(frozen=True)
class Archetype:
    """How an account's story goes. Strain runs from 0 (happy) to 1 (lost) and drives the hazard of leaving."""

    name: str
    share: float
    calm: Range
    """Strain at rest."""
    peak: Range | None = None
    """Strain at the worst, for those that slide."""
    slide_days: tuple[int, int] = (60, 130)
    recovers: bool = False
    joins: bool = False
    """Becomes a customer within the history."""
    growth: float = 0.02
    """Mean number of expansions a year, per thirty days."""
    level: float = 1.0
    """How much its people use the product when all is well."""
    hidden: tuple[str, ...] = ()
    """Channels in which its strain does not show at all."""
    stays: bool = False
    """Never leaves of its own accord, whatever its strain."""
    meets: bool = True
    """Takes part in meetings; those that do not write instead."""
    champion_leaves: bool = False
    reasons: tuple[str, ...] = ("budget",)


ARCHETYPES = (
    Archetype("steady", 0.37, (0.05, 0.30), reasons=("budget", "business closed")),
    Archetype("growing", 0.14, (0.02, 0.20), growth=0.35, reasons=("acquired by another company",)),
    Archetype("newcomer", 0.09, (0.08, 0.35), joins=True, growth=0.10, reasons=("never got going", "usability")),
    Archetype("drifting", 0.14, (0.10, 0.35), (0.55, 0.95), reasons=("unused", "too expensive", "competitor")),
    Archetype("shaken", 0.06, (0.05, 0.30), (0.60, 0.95), (12, 30), champion_leaves=True, reasons=("champion left",)),
    Archetype("recovering", 0.08, (0.10, 0.30), (0.50, 0.85), (30, 60), recovers=True, reasons=("missing feature",)),
    Archetype("quiet", 0.07, (0.03, 0.20), level=0.45, reasons=("budget",)),
    Archetype("chronic", 0.035, (0.45, 0.65), reasons=("missing feature", "too expensive")),
    Archetype(
        "watermelon",
        0.015,
        (0.80, 0.85),
        level=0.25,
        growth=0.0,
        stays=True,
        meets=False,
        hidden=("relations", "money", "support"),
    ),
)
"""A watermelon is green outside and red inside: all are friendly in writing, and hardly anybody uses the product."""


def by_share(kinds: tuple[Touch, ...] | tuple[Archetype, ...], count: int) -> list[int]:
    """Which kind each of `count` accounts is, by largest remainder, so that even a small base has its mixture."""
    exact = [kind.share * count for kind in kinds]
    whole = [int(share) for share in exact]
    by_remainder = sorted(range(len(kinds)), key=lambda i: whole[i] - exact[i])
    for i in by_remainder[: count - sum(whole)]:
        whole[i] += 1
    return [i for i, number in enumerate(whole) for _ in range(number)]
