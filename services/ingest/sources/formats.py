"""How times are written in files, and which ways of writing contradict each other. Pure."""

import datetime as dt
import itertools
import re
from collections.abc import Sequence
from decimal import Decimal

from shared.clock import UTC, from_us

EPOCHS = {"unix_s": 1_000_000, "unix_ms": 1_000, "unix_us": 1}
"""Numbers that count from 1970: their microseconds."""

_DIGITS = re.compile(r"^-?\d{1,20}(\.\d{1,20})?$", re.ASCII)
_PROBES = (dt.datetime(2003, 2, 1, 4, 5, 6), dt.datetime(2001, 11, 12, 10, 9, 8))  # noqa: DTZ001  # naive on purpose


def by_format(text: str, format: str) -> dt.datetime:
    """The time as a format writes it: 'iso', one of `EPOCHS` or strptime. Naive where it has no offset. Raises
    ValueError or OverflowError."""
    if format == "iso":
        return dt.datetime.fromisoformat(text)
    if format in EPOCHS:
        return from_us(int(_counted(text) * EPOCHS[format]))
    return dt.datetime.strptime(text, format)  # noqa: DTZ007  # naive on purpose: the zone is the mapping's


def flaw(format: str) -> str | None:
    """Why nothing can be written in this format, e.g. in DD-MM-YYYY; None where something can."""
    if format == "iso" or format in EPOCHS:
        return None
    if "%" not in format:
        return f"{format!r} is no way to write a time; write iso, {', '.join(EPOCHS)} or strptime, e.g. %d-%m-%Y"
    try:
        dt.datetime.strptime("", format)  # noqa: DTZ007  # nothing is read
    except (ValueError, re.error) as error:
        return None if str(error).startswith("time data") else f"{format!r}: {error}"
    return None


def contradiction(formats: Sequence[str]) -> tuple[str, str, str] | None:
    """(text, format, other) of the first text that two of these formats read as different times, e.g. 01-02-2003 by
    day first and by month first; None where nothing that one writes means another time by another."""
    for first, other in itertools.permutations(formats, 2):
        for probe in _PROBES:
            text = _written(probe, first)
            if text is not None and not _agree(text, first, other):
                return text, first, other
    return None


def _written(probe: dt.datetime, format: str) -> str | None:
    if format == "iso":
        return probe.isoformat(sep=" ")
    if format in EPOCHS:
        return str(int(probe.replace(tzinfo=UTC).timestamp()) * 1_000_000 // EPOCHS[format])
    try:
        return probe.replace(tzinfo=UTC).strftime(format)
    except ValueError:
        return None


def _agree(text: str, format: str, other: str) -> bool:
    """Whether the other format refuses the text or reads the same time."""
    try:
        ours, theirs = by_format(text, format), by_format(text, other)
    except (ValueError, OverflowError):
        return True
    return ours.replace(tzinfo=None) == theirs.replace(tzinfo=None)


def _counted(text: str) -> Decimal:
    if not _DIGITS.match(text):
        raise ValueError(text)
    return Decimal(text)
