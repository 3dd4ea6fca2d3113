"""The fields that conditions may read: one registry for the parser, closures, SQL, words and the documentation.

A record of values is a mapping from a field's name to its value; a missing name and None both mean "not known".
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple

Value = float | str | bool
"""What a field can hold. Whole numbers are floats to a type checker, and stay ints at run time."""

Values = Mapping[str, Value | None]


class Kind(StrEnum):
    """What a field holds, and so which comparisons it takes."""

    NUMBER = "number"
    TEXT = "text"
    FLAG = "flag"


class Field(NamedTuple):
    """One field. `label` and `unit` make sentences; of a flag, `label` is the sentence when it is true and
    `opposite` when it is not. `stored`: the database can answer it for every account (a column of that name).
    `by_time`: its value can change although nothing happens."""

    name: str
    kind: Kind
    label: str
    meaning: str
    unit: str = ""
    opposite: str = ""
    stored: bool = True
    by_time: bool = False


def _number(
    name: str, label: str, meaning: str, *, unit: str = "", stored: bool = True, by_time: bool = False
) -> Field:
    return Field(name, Kind.NUMBER, label, meaning, unit=unit, stored=stored, by_time=by_time)


def _text(name: str, label: str, meaning: str, *, stored: bool = True, by_time: bool = False) -> Field:
    return Field(name, Kind.TEXT, label, meaning, stored=stored, by_time=by_time)


def _flag(name: str, label: str, opposite: str, meaning: str) -> Field:
    return Field(name, Kind.FLAG, label, meaning, opposite=opposite, stored=False)


_ALL = (
    _number("score", "the score", "the present health score, 0 to 100; of a crossing, the score it happened at"),
    _number("previous_score", "the previous score", "the score before the crossing", stored=False),
    _text("band", "the band", "the band that the score lies in, of the model in force"),
    _text("episode_band", "the episode's band", "the band of the open episode, which has hysteresis"),
    _text("from_band", "the band it left", "the band that the crossing left", stored=False),
    _text("segment", "the segment", "high_touch, low_touch or tech_touch (SEG-4)"),
    _text("served_as", "the segment it is served as", "the segment; the one above while it is upgraded (SEG-9)"),
    _text("tier", "the tier", "platinum, gold or silver, by rank in the base (SEG-1)", by_time=True),
    _text("size", "the size", "strategic, enterprise, mid_market, smb or self_serve (SEG-5)"),
    _text("stage", "the lifecycle stage", "a stage of the lifecycle in force, e.g. onboarding", by_time=True),
    _number(
        "stage_days", "the time in this stage", "UTC days since the stage was entered", unit="days", by_time=True,
    ),
    _number("coverage", "the coverage", "share of the model's weight that had data, percent", unit="%"),
    _text("owner", "the owner", "e-mail address of the CSM who owns the account"),
    _text(
        "signal", "the signal",
        "kind of the signal that was noticed, as docs/signals.md lists them, e.g. cancel_requested", stored=False,
    ),
    _text("severity", "the severity", "severity of the signal: info, warning or critical", stored=False),
    _number(
        "days_to_renewal", "the time to renewal", "days to the next renewal or end of a paying subscription",
        unit="days", by_time=True,
    ),
    _number(
        "stakeholders_left", "the number of people who left in 30 days",
        "people who left the account in the last 30 days", by_time=True,
    ),
    _flag(
        "replied_since_start", "somebody has replied since the run started", "nobody has replied since the run started",
        "whether the account has answered since the run started",
    ),
    _flag(
        "cancel_requested", "the account has asked to cancel", "the account has not asked to cancel",
        "whether a request to cancel started the run or joined it",
    ),
)  # fmt: skip

FIELDS: Mapping[str, Field] = {field.name: field for field in _ALL}
"""Every field by its name. Adding one is one line above, and its value where records are made."""
