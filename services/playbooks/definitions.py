"""What a playbook file says: the whole anatomy, typed. Values; reading files is loading.py, judging them lint.py."""

import datetime as dt
import re
from collections.abc import Callable
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from services.playbooks.steps import NAMES
from shared.conditions import NotACondition, parse, parse_lasting

SYSTEM = "System"
"""The owner role of what Steward does itself; everybody else is a person."""

_OFFSET = re.compile(r"^(?:D(?P<day>\d{1,3})|B(?P<business_day>\d{1,3})|T-(?P<before>\d{1,3}))$")


def _is_condition(text: str) -> str:
    return _read_by(parse, text)


def _is_lasting(text: str) -> str:
    return _read_by(parse_lasting, text)


def _read_by(reader: Callable[[str], object], text: str) -> str:
    try:
        reader(text)
    except NotACondition as error:
        raise ValueError(error.words) from error
    return text


def _is_offset(text: str) -> str:
    if not _OFFSET.match(text):
        raise ValueError(
            f"{text!r} is not a day: D2 is two days after the start, B2 two business days, T-30 before the anchor"
        )
    return text


def _is_action(text: str) -> str:
    if text not in NAMES:
        raise ValueError(f"a step can be one of {', '.join(NAMES)}, not {text!r}")
    return text


ConditionText = Annotated[str, AfterValidator(_is_condition)]
LastingText = Annotated[str, AfterValidator(_is_lasting)]
OffsetText = Annotated[str, AfterValidator(_is_offset), Field(pattern=r"^(D[0-9]{1,3}|B[0-9]{1,3}|T-[0-9]{1,3})$")]
Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,59}$")]
Line = Annotated[str, Field(min_length=1, max_length=200)]
ActionKind = Annotated[str, AfterValidator(_is_action), Field(json_schema_extra={"enum": list(NAMES)})]


class Offset(NamedTuple):
    """When a step is due: days after the start, business days after it, or days before the anchor date."""

    unit: Literal["day", "business_day", "before"]
    days: int


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Trigger(_Part):
    """What starts the playbook: a crossing in a direction, or a signal, for which `when` holds."""

    kind: Literal["crossing", "signal"]
    direction: Literal["down", "up"] | None = Field(None, description="of a crossing; either way when left out")
    when: ConditionText | None = Field(None, description="read on the record that occurred, over the account's fields")

    @model_validator(mode="after")
    def _has_a_direction_only_if_it_moves(self) -> "Trigger":
        if self.kind == "signal" and self.direction is not None:
            raise ValueError("a signal has no direction")
        return self


class Step(_Part):
    """One dated step. `order` inside a day is the order in the file (ERR-14)."""

    id: Name
    at: OffsetText = Field(description="D2: two days after the start; B2: two business days; T-30: before the anchor")
    title: Line
    action: ActionKind = "task"
    channel: Line = Field(description="as people read it: Email/Call, Video, Internal …")
    role: str | None = Field(None, description="owner role, one of `owners`")
    condition: ConditionText | None = Field(None, description="the step is opened on its day only if this then holds")
    instructions: str = Field("", max_length=4_000)
    template: Name | None = Field(None, description="a text of templates/ to write from")
    success: str = Field("", max_length=500, description="how one knows that it worked")

    @property
    def offset(self) -> Offset:
        """`at`, read."""
        found = _OFFSET.match(self.at)
        assert found is not None
        unit, days = next((unit, days) for unit, days in found.groupdict().items() if days is not None)
        return Offset(unit, int(days))  # type: ignore[arg-type]  # the groups are named as the units


class Escalation(_Part):
    """Something that happens at most once in a run, as soon as `when` holds and `after_days` have passed."""

    id: Name
    when: ConditionText
    after_days: int = Field(0, ge=0, le=365, description="whole days (of 24 hours) after the start")
    title: Line
    action: ActionKind = "task"
    channel: Line = "Internal"
    role: str | None = None
    instructions: str = Field("", max_length=4_000)
    due_in_days: int = Field(0, ge=0, le=90)


class Reenrolment(_Part):
    """Whether a new occasion may start the playbook again."""

    after_days: int = Field(0, ge=0, le=3_650, description="days that must have passed since the last run ended")


class Playbook(_Part):
    """What to do, in what order. The file's `id` names it for ever."""

    id: Name
    code: Line = Field(description="id in the catalogue, e.g. PB-3")
    name: Line
    pack: Name = Field(description="the collection that it ships with")
    purpose: str = Field(min_length=1, max_length=1_000)
    last_updated: dt.date
    in_force: bool = True
    triggers: tuple[Trigger, ...] = Field(min_length=1, description="any one of them starts it")
    segments: tuple[str, ...] = Field((), description="accounts of these segments only; all when empty")
    unless: ConditionText | None = Field(
        None, description="accounts for which it holds are left alone: no run starts, and an open one is cancelled"
    )
    owners: dict[str, str] = Field(min_length=1, description="role → what it answers for")
    timeline: Line
    anchor: Literal["renewal"] | None = Field(None, description="the date that T-n counts back from")
    steps: tuple[Step, ...] = Field(min_length=1, max_length=60)
    exit_criteria: tuple[LastingText, ...] = Field((), description="any one of them ends the run early")
    escalations: tuple[Escalation, ...] = Field((), max_length=20)
    metrics: tuple[str, ...] = ()
    automation: tuple[str, ...] = ()
    reenrolment: Reenrolment = Reenrolment()
    priority: int | None = Field(
        None, ge=1, le=1_000, description="of playbooks that one occasion matches, the highest starts"
    )
    excludes: tuple[Name, ...] = Field((), description="playbooks whose open run keeps this one from starting")

    def step(self, step_id: str) -> Step:
        """The step of that id."""
        return next(step for step in self.steps if step.id == step_id)


def schema() -> dict[str, Any]:
    """The JSON Schema of a playbook file."""
    return Playbook.model_json_schema()
