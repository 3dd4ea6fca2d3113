"""Questions about the team: what a base of so many accounts asks for."""

from services.api.queries.segments import counted
from services.api.roles import Caller
from services.api.schemas.whole import HireDue, Team
from services.health.rules import Rules
from services.health.teams import Team as Asked
from services.health.teams import headcount
from shared.database import Reading


async def teams(tx: Reading, caller: Caller, rules: Rules) -> list[Team]:
    """What each of the rules in force says of the accounts that the caller sees; a worked example of its own."""
    rows = await counted(tx, caller)
    here = {one.name: sum(r["accounts"] for r in rows if r["segment"] == one.name) for one in rules.scheme.segments}
    accounts, csms = sum(row["accounts"] for row in rows), sum(headcount(rules.scheme, here).values())
    return [_team(one, accounts, csms) for one in rules.teams]


def _team(one: Asked, accounts: int, csms: int) -> Team:
    if one.example:
        accounts, csms = one.example.accounts, one.example.csms
    stage, managers = one.stage(accounts), one.managers(csms)
    return Team(
        name=one.name,
        words=one.words,
        source=one.source,
        accounts=accounts,
        csms=csms,
        managers=managers,
        directors=one.directors(managers[1]) if managers else None,
        stage=stage.label if stage else None,
        roles=list(stage.roles) if stage else [],
        due=[HireDue(what=hire.what, words=hire.words) for hire in one.due(accounts, csms)],
        headcount=one.example.headcount if one.example else None,
    )
