"""The app: routes, console, problems and the edge around them, put together."""

from typing import Any

from fastapi import Depends, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.openapi.utils import get_openapi
from starlette.exceptions import HTTPException
from starlette.responses import Response

from services.api import console
from services.api.access import declared
from services.api.edge import Edge
from services.api.params import only_known
from services.api.problems import as_json, problem_of
from services.api.rate import Rate
from services.api.routes import (
    accounts,
    evidence,
    identity,
    intake,
    lists,
    ops,
    overrides,
    record,
    segment,
    segments,
    signals,
    sources,
    whatif,
    whole,
    work,
)
from services.api.schemas import FieldError, ProblemBody
from services.health.force import by_settings
from shared.clock import Clock
from shared.database import Database
from shared.errors import StewardError
from shared.settings import Settings

_ABOUT = """Customer health, always current and always explained. Every list answers `{"data": […], "next": cursor or
null}`; every refusal is an `application/problem+json`. Send `Authorization: Bearer stw_…`."""


_PROBLEM: dict[str, Any] = {
    "description": "Refused, with the reason and what to do instead",
    "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/ProblemBody"}}},
}


def create_app(database: Database, settings: Settings, clock: Clock) -> FastAPI:
    """The API and the console. Raises UndeclaredScope if a route does not say who may use it."""
    app = FastAPI(
        title="Steward",
        version="1",
        description=_ABOUT,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
        responses={"4XX": _PROBLEM, "5XX": _PROBLEM},
    )
    app.state.database = database
    app.state.settings = settings
    app.state.clock = clock
    app.state.segment_rate = Rate(settings.segment_requests_per_s)
    app.state.in_force = by_settings(settings)
    about = (accounts, overrides, record, lists, work, signals, evidence, whatif, identity, segments, whole, sources)
    for part in about:
        app.include_router(part.router, dependencies=[Depends(only_known)])
    for part in (intake, segment, ops, console):
        app.include_router(part.router)
    for kind in (StewardError, RequestValidationError, HTTPException):
        app.add_exception_handler(kind, _answer_async)
    app.add_middleware(Edge, max_body_bytes=settings.max_body_bytes, answer=_answer)
    app.openapi = lambda: _openapi(app)  # type: ignore[method-assign]
    declared(app)
    return app


def _answer(request: Request, error: Exception) -> Response:
    """A problem as JSON, as Segment's SDKs read one, or as a page for somebody who is looking at the console."""
    problem = problem_of(error)
    if request.url.path in segment.PATHS:
        return segment.refusal(problem)
    if console.wants_page(request):
        return console.problem_page(request, problem)
    return as_json(problem)


async def _answer_async(request: Request, error: Exception) -> Response:
    return _answer(request, error)


def _openapi(app: FastAPI) -> dict[str, Any]:
    """Made once; refusals are problems, not the framework's own shape."""
    if app.openapi_schema is None:
        document = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
        schemas = document.setdefault("components", {}).setdefault("schemas", {})
        for model in (ProblemBody, FieldError):
            schemas[model.__name__] = model.model_json_schema(ref_template="#/components/schemas/{model}")
            schemas[model.__name__].pop("$defs", None)
        app.openapi_schema = document
    return app.openapi_schema
