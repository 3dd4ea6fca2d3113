"""What people do in the console: each form carries its session's token, and calls the use case of the API's route."""

import datetime as dt
from urllib.parse import parse_qs

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from services.api import auth, handle
from services.api.access import Time, VisitingDoer, database_of, in_force_of
from services.api.params import AccountId, TaskId
from services.api.problems import Unsupported
from services.api.roles import Caller
from services.api.schemas import OverrideChoice
from services.health.overrides import MOST_DAYS
from shared.errors import Invalid, Malformed

router = APIRouter()
_MOST_WORDS = 2_000


async def read_form(request: Request, caller: Caller) -> dict[str, str]:
    """The fields of a form that was drawn for this session. Raises Forbidden for any other."""
    if not request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        raise Unsupported("A form is expected here.")
    try:
        fields = parse_qs((await request.body()).decode(), keep_blank_values=True, max_num_fields=20)
    except ValueError as error:
        raise Malformed("The form cannot be read.") from error
    form = {name: values[-1] for name, values in fields.items()}
    auth.check_form(caller, form.get("csrf", ""))
    return form


def _words(form: dict[str, str], field: str) -> str:
    words = form.get(field, "").strip()
    if not 0 < len(words) <= _MOST_WORDS or "\x00" in words:
        raise Invalid(f"{field}: say it in 1 to {_MOST_WORDS} characters.", "Go back and fill it in.")
    return words


def _number(form: dict[str, str], field: str, least: int, most: int) -> int:
    text = form.get(field, "").strip()
    if not (text.isascii() and text.isdigit() and len(text) < 5 and least <= int(text) <= most):
        raise Invalid(f"{field}: a whole number from {least} to {most}.", "Go back and fill it in.")
    return int(text)


def _back_to(account_id: int) -> Response:
    return RedirectResponse(f"/accounts/{account_id}#tasks", 303)


@router.post("/accounts/{account_id}/override")
async def override(request: Request, caller: VisitingDoer, clock: Time, account_id: AccountId) -> Response:
    """Says what the account's score counts as, and shows the account again."""
    form, now = await read_form(request, caller), clock.now()
    days = dt.timedelta(_number(form, "days", 1, MOST_DAYS))
    choice = OverrideChoice(
        value=_number(form, "value", 0, 100), reason=_words(form, "reason"), expires_at=now + days
    )  # fmt: skip
    async with database_of(request).writing() as tx:
        await handle.set_override(tx, caller, in_force_of(request), account_id, choice, now)
    return RedirectResponse(f"/accounts/{account_id}", 303)


@router.post("/accounts/{account_id}/override/end")
async def end_override(request: Request, caller: VisitingDoer, clock: Time, account_id: AccountId) -> Response:
    """What is computed counts again; shows the account."""
    await read_form(request, caller)
    async with database_of(request).writing() as tx:
        await handle.end_override(tx, caller, in_force_of(request), account_id, clock.now())
    return RedirectResponse(f"/accounts/{account_id}", 303)


@router.post("/tasks/{task_id}/complete")
async def complete(request: Request, caller: VisitingDoer, clock: Time, task_id: TaskId) -> Response:
    """Completes a task with its outcome, and shows the account again."""
    outcome = _words(await read_form(request, caller), "outcome")
    async with database_of(request).writing() as tx:
        task = await handle.complete_task(tx, caller, task_id, outcome, clock.now())
    return _back_to(task.account_id)


@router.post("/tasks/{task_id}/skip")
async def skip(request: Request, caller: VisitingDoer, clock: Time, task_id: TaskId) -> Response:
    """Skips a task with the reason, and shows the account again."""
    reason = _words(await read_form(request, caller), "reason")
    async with database_of(request).writing() as tx:
        task = await handle.skip_task(tx, caller, task_id, reason, clock.now())
    return _back_to(task.account_id)
