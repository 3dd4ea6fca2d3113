"""Rich's console, but that no text in it steers the terminal: names, bodies and words were written by strangers."""

import re
from typing import Any

from rich.console import Console
from rich.text import Text

_STEERING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


class Steady(Console):
    """Each letter that would steer the terminal, or turn the direction of what follows, is shown as JSON writes it,
    `\\u001b` say; so what is shown of JSON stays the same JSON. No `:word:` becomes a picture."""

    def __init__(self, **how: Any) -> None:
        super().__init__(emoji=False, **how)

    def render_str(self, text: str, **how: Any) -> Text:
        return super().render_str(_STEERING.sub(_told, text), **how)

    def on_broken_pipe(self) -> None:
        """Nobody reads on: that is for the whole command to know."""
        raise  # noqa: PLE0704  # it is called while the error is handled


def _told(letter: re.Match[str]) -> str:
    return f"\\u{ord(letter[0]):04x}"
