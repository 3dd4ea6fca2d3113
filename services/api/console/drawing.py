"""Templates become pages here: escaped, with a policy that lets nothing in from elsewhere."""

import hashlib
from functools import cache
from importlib.resources import files
from typing import Any

import jinja2
from fastapi import Request
from fastapi.responses import HTMLResponse

from services.api.access import clock_of
from services.api.console import words
from services.api.problems import Problem
from services.api.roles import Caller, Scope

POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; form-action 'self';"
    " base-uri 'none'; frame-ancestors 'none'"
)
STATIC = {
    "steward.css": "text/css; charset=utf-8",
    "keys.js": "text/javascript; charset=utf-8",
    "mark.svg": "image/svg+xml",
}


@cache
def static(name: str) -> bytes:
    """A file that pages refer to."""
    return (files("services.api.console") / "static" / name).read_bytes()


@cache
def _address(name: str) -> str:
    """Its address, which changes with its content, so that browsers may keep it for ever."""
    return f"/static/{name}?v={hashlib.sha256(static(name)).hexdigest()[:12]}"


@cache
def _templates() -> jinja2.Environment:
    made = jinja2.Environment(
        loader=jinja2.PackageLoader("services.api.console"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    for said in (words.signed, words.plain, words.share, words.money, words.named, words.due,
                 words.day_of, words.instant, words.ago, words.lasting):  # fmt: skip
        made.filters[said.__name__] = said
    made.globals.update(static=_address, said=words.said)
    return made


def draw(request: Request, template: str, caller: Caller | None, status: int = 200, **shown: Any) -> HTMLResponse:
    """A page for the caller."""
    now = clock_of(request).now()
    html = (
        _templates()
        .get_template(template)
        .render(
            caller=caller,
            may_do_tasks=caller is not None and caller.may(Scope.TASKS),
            now=now,
            today=now.date(),
            q=str(shown.pop("q", "") or ""),
            **shown,
        )
    )
    return HTMLResponse(html, status, {"Content-Security-Policy": POLICY, "X-Frame-Options": "DENY"})


def wants_page(request: Request) -> bool:
    """Whether a person is looking: the console's own paths, asked for by a browser."""
    return not request.url.path.startswith("/v1") and "text/html" in request.headers.get("accept", "")


def problem_page(request: Request, problem: Problem) -> HTMLResponse:
    """A refusal that a person can read; the way in, where nobody is signed in."""
    template = "sign_in.html" if problem.status == 401 else "problem.html"
    page = draw(request, template, None, problem.status, problem=problem)
    page.headers.update({name: value for name, value in problem.headers.items() if name != "WWW-Authenticate"})
    return page
