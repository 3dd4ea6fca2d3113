"""What Steward's own services say to each other on the derived topics."""

from typing import Literal

from pydantic import AwareDatetime, Field

from shared.contracts.words import Payload


class AccountsChanged(Payload):
    """`account.changes`: wakes health. One batch's touched accounts of one partition, with facts versions."""

    accounts: list[tuple[int, int]] = Field(description="(account id, facts version)")
    received_at: AwareDatetime = Field(description="arrival of the oldest event behind these changes")
    rebase: Literal["import"] | None = Field(
        None, description="set when history was imported: scores are set anew and start no run"
    )


class Cause(Payload):
    """One line of an explanation: a measure, the points it moved and the events that moved it."""

    measure: str
    label: str
    points: int = Field(description="millionths of a point")
    words: str
    events: list[str] = Field(default_factory=list, description="hexadecimal event ids, at most twenty")
    event_count: int = 0
    by_time: bool = Field(False, description="true when passing time alone moved it")


class Crossing(Payload):
    """`health.crossings`, type `health.crossing`: an episode opened because the account moved between bands."""

    crossing_id: str
    account_id: int
    episode_id: str
    model: str
    from_band: str | None
    to_band: str
    direction: Literal["down", "up"]
    score: int | None
    previous_score: int | None
    lower_bound: int | None = Field(description="lower bound of the band that was left, in points")
    at: AwareDatetime
    causes: list[Cause] = Field(default_factory=list)


class Signal(Payload):
    """`health.crossings`, type `health.signal`: something noticed about an account that is not its band."""

    signal_id: str
    account_id: int
    kind: str = Field(description="as the file of that name in services/health/signals says", max_length=100)
    side: Literal["risk", "expansion"] = "risk"
    severity: Literal["info", "warning", "critical"]
    about: str = Field("", description="what of its kind: a person, a subscription; empty for the whole account")
    words: str
    evidence: list[str] = Field(default_factory=list, description="hexadecimal event ids, at most twenty")
    measures: dict[str, float] = Field(default_factory=dict, description="values behind it, by measure")
    window_days: int | None = Field(None, description="UTC days that it looked back, or ahead")
    score: int | None
    at: AwareDatetime


class Transition(Payload):
    """`health.crossings`, type `health.transition`: an account has another segment, tier, size or stage than before."""

    transition_id: str
    account_id: int
    kind: Literal["segment", "served_as", "tier", "size", "stage"]
    scheme: str = Field(description="name of the scheme of segments, or of the lifecycle")
    from_name: str
    to_name: str
    cause: Literal["events", "time", "configuration", "override"]
    words: str
    events: list[str] = Field(default_factory=list, description="hexadecimal event ids, at most twenty")
    entered_at: AwareDatetime = Field(description="from when on it holds, as far as the facts tell")
    at: AwareDatetime = Field(description="when that was noticed")


class OverrideChanged(Payload):
    """`health.crossings`, type `health.override`: a person has set what a score counts as, or that has ended."""

    override_id: str
    account_id: int
    change: Literal["set", "expired", "replaced", "ended"]
    value: int = Field(description="what the override says, 0 to 100")
    author: str
    reason: str
    expires_at: AwareDatetime
    score: int | None = Field(description="what counts from then on")
    band: str
    computed_score: int | None = Field(description="what the model computes, beside it")
    at: AwareDatetime


class PlaybookEvent(Payload):
    """`playbook.events`: what playbooks did, for whoever listens."""

    event_id: str
    kind: Literal["run.started", "run.finished", "task.opened", "task.closed", "alert.raised", "step.taken"]
    account_id: int
    playbook: str
    run_id: str
    words: str
    at: AwareDatetime
