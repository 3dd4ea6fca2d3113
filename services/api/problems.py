"""Every refusal is an application/problem+json (RFC 9457): what is wrong, where, and what to do instead.

The status of each error of the tree in shared/errors.py is said here and nowhere else. Errors that only a door
can meet (no key, too large, wrong content type) stand here too, under `Refused`.
"""

import uuid
from collections.abc import Mapping
from typing import Any, NamedTuple

from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from shared.errors import Conflict, Invalid, Malformed, Merged, NotFound, NotReady, Refused, StewardError
from shared.logs import log
from shared.lost import is_lost

MEDIA_TYPE = "application/problem+json"


class Unauthenticated(Refused):
    """Nobody, or nobody we know, is asking."""


class Forbidden(Refused):
    """We know who asks; they may not."""


class TooLarge(Refused):
    """The body is larger than `max_body_bytes`, also after decompression."""


class TooMany(Refused):
    """More requests than one may make; `seconds` says when to try again."""

    def __init__(self, words: str, remedy: str, seconds: int) -> None:
        super().__init__(words, remedy)
        self.seconds = seconds


class Unsupported(Refused):
    """The content type or encoding is none that we read."""


STATUS: Mapping[type[StewardError], int] = {
    Malformed: 400,
    Unauthenticated: 401,
    Forbidden: 403,
    NotFound: 404,
    Conflict: 409,
    TooLarge: 413,
    Unsupported: 415,
    TooMany: 429,
    Invalid: 422,
    Refused: 422,
    NotReady: 503,
}
"""The status of an error is that of its nearest ancestor here; 500 if it has none."""

_TITLES = {
    400: ("malformed", "The request cannot be read"),
    401: ("unauthenticated", "A valid key or session is needed"),
    403: ("forbidden", "Not allowed"),
    404: ("not-found", "There is no such thing"),
    405: ("method-not-allowed", "This method is not offered here"),
    409: ("conflict", "The present state does not allow this"),
    413: ("too-large", "The body is too large"),
    415: ("unsupported-media-type", "This content is not read here"),
    422: ("invalid", "A value is not valid"),
    429: ("too-many-requests", "Too many requests"),
    500: ("unexpected", "Something went wrong on our side"),
    503: ("not-ready", "A component does not answer yet"),
}


_SOON = {"Retry-After": "2"}
_LENGTHS = {
    "too_long": "should have at most {max_length} letters, and has {actual_length}",
    "too_short": "has too few letters: {actual_length}, and at least {min_length} must be",
}
"""What is said of a text that has been looked at before it was measured: it has letters, not items."""


class Problem(NamedTuple):
    """One refusal, before it is written as JSON or as a page."""

    status: int
    detail: str
    remedy: str = ""
    headers: Mapping[str, str] = {}
    more: Mapping[str, Any] = {}

    @property
    def title(self) -> str:
        return self._named[1]

    @property
    def body(self) -> dict[str, Any]:
        """The members of the JSON object."""
        slug, title = self._named
        body = {"type": f"urn:steward:problem:{slug}", "title": title, "status": self.status, "detail": self.detail}
        return body | ({"remedy": self.remedy} if self.remedy else {}) | dict(self.more)

    @property
    def _named(self) -> tuple[str, str]:
        return _TITLES.get(self.status, ("refused", "This cannot be done"))


def as_json(problem: Problem) -> JSONResponse:
    """The problem as clients read it."""
    return JSONResponse(problem.body, problem.status, dict(problem.headers), media_type=MEDIA_TYPE)


def status_of(error: StewardError) -> int:
    """The HTTP status of an error."""
    return next((STATUS[kind] for kind in type(error).__mro__ if kind in STATUS), 500)


def problem_of(error: Exception) -> Problem:
    """The answer to any exception. What nobody expected is logged under the id that the answer names; that the database
    went away in the midst of a request is to be expected, whatever the request was about to do."""
    match error:
        case Refused():
            more = {"merged_into": error.into} if isinstance(error, Merged) else {}
            return Problem(status_of(error), error.words, error.remedy, _headers(error), more)
        case RequestValidationError():
            return _invalid(error)
        case HTTPException():
            return Problem(error.status_code, str(error.detail), headers=error.headers or {})
        case ClientDisconnect():
            return Problem(400, "The request ended before its body did.")
        case NotReady():
            return Problem(503, str(error), "Try again in a moment.", _SOON)
    return _lost(error) if is_lost(error) else _unexpected(error)


def _headers(error: Refused) -> Mapping[str, str]:
    if isinstance(error, Unauthenticated):
        return {"WWW-Authenticate": "Bearer"}
    if isinstance(error, TooMany):
        return {"Retry-After": str(error.seconds), "X-RateLimit-Reset": str(error.seconds)}
    return {}


def _lost(error: Exception) -> Problem:
    log.warning("database_lost", error=repr(error))
    words = "The connection to the database was lost; whether anything of the request was kept is not known."
    return Problem(503, words, "Send it again in a moment: an event that was kept already counts once.", _SOON)


def _unexpected(error: Exception) -> Problem:
    number = str(uuid.uuid4())
    log.error("request_failed", id=number, error=repr(error), exc_info=error)
    return Problem(500, "The request failed; nothing of it was kept.", f"Quote {number}.", more={"id": number})


def _invalid(error: RequestValidationError) -> Problem:
    found = [{"field": _field(item["loc"]), "words": _words(item)} for item in error.errors()]
    if any(item["loc"] == ("body",) and isinstance(item.get("input"), bytes) for item in error.errors()):
        return Problem(415, "The body is read as JSON only.", "Send Content-Type: application/json.")
    if any(item["type"] == "json_invalid" for item in error.errors()):
        return Problem(400, f"The body is not JSON: {found[0]['words']}", more={"errors": found})
    return Problem(422, f"{found[0]['field']}: {found[0]['words']}", more={"errors": found})


def _field(where: tuple[Any, ...]) -> str:
    return ".".join(str(part) for part in where[1:]) or str(where[0])


def _words(item: Mapping[str, Any]) -> str:
    if item["type"] == "json_invalid":
        return str(item["ctx"]["error"])
    if item["type"] in _LENGTHS and isinstance(item.get("input"), str):
        return _LENGTHS[item["type"]].format(**item["ctx"])
    return str(item["msg"]).removeprefix("Value error, ")
