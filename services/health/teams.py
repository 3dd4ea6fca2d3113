"""The size and shape of a team: how many CSMs a base asks for, and who leads them (SEG-7, SEG-13). Pure."""

from collections.abc import Mapping
from pathlib import Path

from pydantic import Field

from services.health.coverage import Ratio, Share, csms_needed
from services.health.curves import Part
from services.health.segments import Scheme
from services.health.shipped import documents, parsed


class OrganisationStage(Part):
    """How customer success is set up from so many accounts on."""

    label: str
    from_accounts: int = Field(ge=0)
    roles: tuple[str, ...]
    works: str = ""


class Hire(Part):
    """Whom or what it is time for, once there are so many accounts, or so many CSMs."""

    what: str
    from_accounts: int | None = None
    from_csms: int | None = None
    words: str


class Example(Part):
    """A company and what it plans, as a source works it out. Money in its currency's units."""

    arr: int
    segments: Mapping[str, int] = Field(description="segment → accounts")
    team: Mapping[str, int] = Field(description="who is there")
    hires: Mapping[str, int] = Field(description="who is added")
    targets: Mapping[str, float] = Field(description="percent")
    cost: int = Field(description="projected, as told: not reckoned")
    words: str = ""

    @property
    def accounts(self) -> int:
        """All accounts."""
        return sum(self.segments.values())

    @property
    def average_value(self) -> float:
        """ARR of one account on average."""
        return self.arr / self.accounts

    @property
    def csms(self) -> int:
        """The CSMs with those to be hired."""
        return self.team.get("CSM", 0) + self.hires.get("CSM", 0)

    @property
    def headcount(self) -> int:
        """The team with its hires."""
        return sum(self.team.values()) + sum(self.hires.values())


class Team(Part):
    """Rules for a team, or a worked example of one."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_-]*$")
    words: str
    source: str
    manager_span: Ratio | None = Field(None, description="direct reports of a manager")
    director_span: Ratio | None = Field(None, description="managers of a director")
    stages: tuple[OrganisationStage, ...] = ()
    hires: tuple[Hire, ...] = ()
    most_admin: Share | None = Field(None, description="percent of a CSM's time; above it, hire CS Ops")
    example: Example | None = None

    def stage(self, accounts: int) -> OrganisationStage | None:
        """The set-up for so many accounts."""
        reached = [stage for stage in self.stages if accounts >= stage.from_accounts]
        return max(reached, key=lambda stage: stage.from_accounts, default=None)

    def due(self, accounts: int, csms: int) -> list[Hire]:
        """Whom or what it is time for."""
        return [
            hire
            for hire in self.hires
            if (hire.from_accounts is not None and accounts >= hire.from_accounts)
            or (hire.from_csms is not None and csms >= hire.from_csms)
        ]

    def managers(self, csms: int) -> tuple[int, int] | None:
        """The fewest and the most managers that so many CSMs ask for."""
        return _leaders(self.manager_span, csms)

    def directors(self, managers: int) -> tuple[int, int] | None:
        """The fewest and the most directors that so many managers ask for."""
        return _leaders(self.director_span, managers)


def headcount(scheme: Scheme, accounts: Mapping[str, int]) -> dict[str, int]:
    """Segment → the CSMs that its accounts ask for, at the most accounts that one of them may have. Segments without
    a bound, such as tech touch, need none."""
    found = {}
    for segment in scheme.segments:
        most = segment.coverage and segment.coverage.ratio and segment.coverage.ratio.most
        if most:
            found[segment.name] = csms_needed(accounts.get(segment.name, 0), most)
    return found


def load_teams(config_dir: Path | None = None) -> dict[str, Team]:
    """All of them by name: the shipped ones, overlaid by `teams/*.yaml` of `config_dir`."""
    loaded = (parsed(Team, where, document) for where, document in documents("teams", config_dir))
    return {team.name: team for team in loaded}


def _leaders(span: Ratio | None, people: int) -> tuple[int, int] | None:
    """A few people, fewer than the least that one leads, need one all the same."""
    if span is None or span.most is None or people == 0:
        return None
    return csms_needed(people, span.most), max(people // span.fewest, csms_needed(people, span.most))
