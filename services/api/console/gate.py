"""The way in and out of the console, and the few files that its pages need."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse

from services.api import auth
from services.api.access import COOKIE, PUBLIC, Config, Time, Visitor, database_of
from services.api.console.drawing import STATIC, static
from services.api.console.forms import read_form
from services.api.problems import Forbidden
from services.api.values import Text
from shared.errors import NotFound

router = APIRouter()


@router.get("/sign-in", dependencies=[PUBLIC])
async def sign_in(
    request: Request, clock: Time, settings: Config, token: Annotated[Text, Query(max_length=200)] = ""
) -> Response:
    """Spends a one-time link. A browser that only fetches ahead spends nothing."""
    if "prefetch" in request.headers.get("sec-purpose", ""):
        raise Forbidden("A sign-in link is not fetched ahead.")
    async with database_of(request).writing() as tx:
        session = await auth.sign_in(tx, token, clock.now())
    answer = RedirectResponse("/", 303)
    secure = request.url.scheme == "https" or (settings.public_url or "").startswith("https:")
    lasts = int(auth.SESSION_LASTS.total_seconds())
    answer.set_cookie(COOKIE, session.token, max_age=lasts, httponly=True, samesite="lax", secure=secure)
    return answer


@router.post("/sign-out")
async def sign_out(request: Request, caller: Visitor, clock: Time) -> Response:
    """Ends the session."""
    await read_form(request, caller)
    async with database_of(request).writing() as tx:
        await auth.sign_out(tx, request.cookies[COOKIE], caller, clock.now())
    answer = RedirectResponse("/sign-in", 303)
    answer.delete_cookie(COOKIE)
    return answer


@router.get("/static/{name}", dependencies=[PUBLIC])
async def file(name: str) -> Response:
    """The style sheet, the script, the mark."""
    if name not in STATIC:
        raise NotFound("There is no such file.")
    headers = {"Cache-Control": "public, max-age=31536000, immutable"}
    return Response(static(name), media_type=STATIC[name], headers=headers)
