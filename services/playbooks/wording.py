"""The words that leave: placeholders of titles and templates filled in. Pure."""

import datetime as dt
import re
from collections.abc import Mapping

PLACEHOLDERS = ("account", "owner", "score", "band", "segment", "renews_on")
"""What titles, instructions and templates may name in braces."""

_PLACE = re.compile(r"\{(\w*)\}")


def fill(text: str, names: Mapping[str, object]) -> str:
    """The text with `{account}` and the like replaced, once: what a name contains is not read again. A value that
    is not known reads as a dash; what is not a placeholder stays as it is."""
    return _PLACE.sub(lambda found: _shown(found, names), text)


def unknown_places(text: str) -> list[str]:
    """Names in braces that are no placeholders."""
    return [name for name in _PLACE.findall(text) if name not in PLACEHOLDERS]


def _shown(found: re.Match[str], names: Mapping[str, object]) -> str:
    if found[1] not in PLACEHOLDERS:
        return found[0]
    value = names.get(found[1])
    return "–" if value is None else str(value)


def days(number: int) -> str:
    """`1 day`, `2 days`."""
    return f"{number} day" if number == 1 else f"{number} days"


def on(day: dt.date) -> str:
    """A date as people write it: `22 Nov 2026`."""
    return f"{day.day} {day:%b %Y}"
