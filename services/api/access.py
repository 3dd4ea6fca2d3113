"""Every route declares its scope through `needs`; an app with a route that does not is not made."""

from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Request
from fastapi.openapi.models import HTTPBearer
from fastapi.routing import APIRoute, iter_route_contexts
from fastapi.security.base import SecurityBase

from services.api import auth
from services.api.problems import Forbidden
from services.api.roles import Caller, Role, Scope
from services.health.force import InForce
from services.health.rules import Rules
from shared.clock import Clock
from shared.database import Database, Reading, Writing
from shared.settings import Settings

COOKIE = "steward_session"


class UndeclaredScope(Exception):
    """A route does not say who may use it."""


class Needs:
    """A dependency: lets the caller pass if their role holds the scope."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope

    async def __call__(self, request: Request) -> Caller | None:
        return None


class NeedsKey(Needs, SecurityBase):
    """The caller shows an API key."""

    model = HTTPBearer(description="An API key: stw_<env>_<id>_<secret>")
    scheme_name = "apiKey"

    async def __call__(self, request: Request) -> Caller:
        header = await self.shown(request)
        return _let_pass(await auth.caller_by_key(database_of(request), header, clock_of(request).now()), self.scope)

    async def shown(self, request: Request) -> str | None:
        """The `Authorization` header, or what stands for it."""
        return request.headers.get("authorization")


class NeedsSession(Needs):
    """The caller has signed in and shows the session cookie."""

    async def __call__(self, request: Request) -> Caller:
        token = request.cookies.get(COOKIE)
        return _let_pass(await auth.caller_by_session(database_of(request), token, clock_of(request).now()), self.scope)


def _let_pass(caller: Caller, scope: Scope) -> Caller:
    if not caller.may(scope):
        able = " or ".join(role for role in Role if Caller("", role).may(scope))
        raise Forbidden(f"The role {caller.role} may not do this ({scope}).", f"Use a key or sign-in of role {able}.")
    return caller


def database_of(request: Request) -> Database:
    """The app's database."""
    database: Database = request.app.state.database
    return database


def clock_of(request: Request) -> Clock:
    """The app's clock."""
    clock: Clock = request.app.state.clock
    return clock


def settings_of(request: Request) -> Settings:
    """The app's settings."""
    settings: Settings = request.app.state.settings
    return settings


async def _reading(request: Request) -> AsyncIterator[Reading]:
    async with database_of(request).reading() as tx:
        yield tx


async def _writing(request: Request) -> AsyncIterator[Writing]:
    async with database_of(request).writing() as tx:
        yield tx


Read = Annotated[Reading, Depends(_reading, scope="function")]
"""One snapshot for the whole answer."""


def in_force_of(request: Request) -> InForce:
    """What is in force, for whoever assesses."""
    in_force: InForce = request.app.state.in_force
    return in_force


async def _in_force(request: Request, tx: Read) -> Rules:
    return await in_force_of(request).read(tx)


async def _rules(request: Request) -> Rules:
    async with database_of(request).reading() as tx:
        return await _in_force(request, tx)


Write = Annotated[Writing, Depends(_writing, scope="function")]
"""One transaction, committed before the answer is sent."""
Force = Annotated[InForce, Depends(in_force_of)]
"""What is in force, for a route after which an account is assessed."""
InForceNow = Annotated[Rules, Depends(_in_force)]
"""The rules in force, in the same snapshot."""
RulesNow = Annotated[Rules, Depends(_rules)]
"""The same, in a snapshot that is over by the time that the route begins."""
Storage = Annotated[Database, Depends(database_of)]
"""The database itself, for what reads more than one transaction should."""
Time = Annotated[Clock, Depends(clock_of)]
Config = Annotated[Settings, Depends(settings_of)]

Reader = Annotated[Caller, Depends(NeedsKey(Scope.READ))]
TaskDoer = Annotated[Caller, Depends(NeedsKey(Scope.TASKS))]
Sender = Annotated[Caller, Depends(NeedsKey(Scope.EVENTS))]
Operator = Annotated[Caller, Depends(NeedsKey(Scope.OPERATE))]
Drafter = Annotated[Caller, Depends(NeedsKey(Scope.TRY))]
Decider = Annotated[Caller, Depends(NeedsKey(Scope.DECIDE))]
PrivacyOfficer = Annotated[Caller, Depends(NeedsKey(Scope.PRIVACY))]
Visitor = Annotated[Caller, Depends(NeedsSession(Scope.READ))]
VisitingDoer = Annotated[Caller, Depends(NeedsSession(Scope.TASKS))]
PUBLIC = Depends(Needs(Scope.PUBLIC))
SIGNED = Depends(Needs(Scope.SIGNED))


def declared(app: FastAPI) -> dict[tuple[str, str], Needs]:
    """What every (method, path) asks of its caller. Raises UndeclaredScope for a route that does not say."""
    found: dict[tuple[str, str], Needs] = {}
    for route in iter_route_contexts(app.routes):
        needs = _declared_by(route)
        if needs is None:
            raise UndeclaredScope(f"{route.methods} {route.path} does not declare a scope; see services/api/access.py")
        found |= {(method, str(route.path)): needs for method in route.methods or ()}
    return found


def _declared_by(route: Any) -> Needs | None:
    if not isinstance(route.original_route, APIRoute):
        return None
    calls = (dependency.call for dependency in route.dependant.dependencies)
    return next((call for call in calls if isinstance(call, Needs)), None)
