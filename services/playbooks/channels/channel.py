"""What a channel is, and what it is told. Pure; sending is deliver.py's business."""

import datetime as dt
import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from services.playbooks.occasions import Why
from shared.settings import Settings

_CONTROLS = re.compile("[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069\u2028\u2029\ufeff]+")
"""Controls, and the marks that turn the direction of the text behind them: a name ends where it ends."""


class Todo(NamedTuple):
    """A task, as an alert names it."""

    title: str
    role: str
    due_on: dt.date


class Notice(NamedTuple):
    """What an alert tells, as it was when it was raised: a historical snapshot."""

    id: str
    title: str
    words: str
    account: str
    playbook: str
    score: int | None
    band: str | None
    owner: str | None
    causes: tuple[Why, ...]
    todos: tuple[Todo, ...]
    link: str | None


class Channel(NamedTuple):
    """A way to people: where it leads by the settings (a secret, or None when it is not set up), and what is
    posted there as JSON."""

    name: str
    url: Callable[[Settings], str | None]
    message: Callable[[Notice], Mapping[str, Any]]


def one_line(text: str, most: int) -> str:
    """One line without controls, at most `most` characters, never empty. Not yet escaped for where it goes."""
    line = " ".join(_CONTROLS.sub(" ", text[: most * 4]).split()) or "–"
    return line if len(line) <= most else line[: most - 1].rstrip() + "…"
