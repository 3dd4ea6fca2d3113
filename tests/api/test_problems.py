"""The tree of errors and the statuses it becomes."""

import asyncio

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse

from services.api import problems
from services.api.edge import Edge
from services.api.problems import STATUS, as_json, problem_of, status_of
from shared import errors
from shared.errors import Conflict, Invalid, NotFound, NotReady, Refused


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (NotFound("x"), 404), (Conflict("x"), 409), (Invalid("x"), 422), (Refused("x"), 422), (NotReady("x"), 503),
        (problems.TooLarge("x"), 413), (problems.Unsupported("x"), 415), (errors.Malformed("x"), 400),
        (errors.Fenced("x"), 500), (errors.StewardError("x"), 500),
    ],
)  # fmt: skip
def test_each_error_has_its_status(error: errors.StewardError, status: int) -> None:
    assert status_of(error) == status
    assert problem_of(error).status == status


def test_an_error_of_tomorrow_inherits_the_status_of_its_kind() -> None:
    class LaterRefusal(Conflict):
        """A kind of conflict."""

    assert status_of(LaterRefusal("x")) == 409


def test_every_refusal_of_the_tree_is_mapped() -> None:
    refusals = {kind for kind in Refused.__subclasses__() if kind.__module__ in ("shared.errors", problems.__name__)}
    assert refusals <= set(STATUS)


def test_a_remedy_is_told_where_there_is_one() -> None:
    assert problem_of(NotFound("no", "look there")).body["remedy"] == "look there"
    assert "remedy" not in problem_of(NotFound("no")).body


async def test_an_exception_after_the_answer_began_is_not_hidden() -> None:
    async def app(scope: object, receive: object, send: object) -> None:
        await JSONResponse({})(scope, receive, send)  # type: ignore[arg-type]
        raise RuntimeError("late")

    def answer(_: Request, error: Exception) -> JSONResponse:
        return as_json(problem_of(error))

    edge = Edge(app, 10, answer)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(edge), base_url="http://steward") as client:
        with pytest.raises(RuntimeError, match="late"):
            await client.get("/")
    await asyncio.sleep(0)
