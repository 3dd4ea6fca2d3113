"""What a step can do: one module a kind. A new kind is a module here and its name in NAMES."""

from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from services.playbooks.steps.kind import StepKind

NAMES = (
    "alert",
    "task",
)
"""What a playbook's file may say under `action`."""


@cache
def kind_of(name: str) -> "StepKind":
    """The kind of that name. Its module is imported when it is first asked for: it may stand on what asks."""
    found: StepKind = import_module(f"{__name__}.{name}").KIND
    return found
