"""Outcomes out of a file: a line for each account, CSV with a head or NDJSON, with `account` and `churned_at`. Pure."""

import csv
import datetime as dt
import io
import json
from collections.abc import Iterator
from typing import Any

from shared.clock import to_us
from shared.errors import Invalid

_COLUMNS = "the columns are `account` and `churned_at`"


def read_outcomes(text: str, where: str) -> dict[str, int | None]:
    """What each account is called → when it left (µs; a bare day is its beginning, UTC), or None. Raises Invalid, which
    names the line."""
    found: dict[str, int | None] = {}
    for number, row in _rows(text, where):
        account = row.get("account")
        if account in (None, ""):
            raise Invalid(f"{where}: line {number} has no account", _COLUMNS)
        found[str(account)] = _instant(row.get("churned_at"), where, number)
    return found


def _rows(text: str, where: str) -> Iterator[tuple[int, dict[str, Any]]]:
    if not text.lstrip().startswith("{"):
        lines = csv.DictReader(io.StringIO(text))
        lacking = {"account", "churned_at"} - set(lines.fieldnames or ())
        if lacking:  # without its column everybody would have stayed
            raise Invalid(f"{where}: the head has no {' and no '.join(sorted(lacking))}", _COLUMNS)
        yield from enumerate(lines, 2)
        return
    for number, line in enumerate(text.splitlines(), 1):
        try:
            yield number, json.loads(line)
        except json.JSONDecodeError as error:
            raise Invalid(f"{where}: line {number} is not JSON: {error}") from error


def _instant(told: Any, where: str, number: int) -> int | None:
    if told in (None, ""):
        return None
    try:
        at = dt.datetime.fromisoformat(str(told))
    except ValueError:
        raise Invalid(f"{where}: line {number}: {told!r} is no time", "write 2026-07-27 or an RFC 3339 time") from None
    return to_us(at if at.tzinfo else at.replace(tzinfo=dt.UTC))
