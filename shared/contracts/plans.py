"""Payloads of crm.events that tell what was agreed: deals, success plans, returns, handoffs, exits, advocacy."""

import datetime as dt
from typing import Literal

from pydantic import Field

from shared.contracts.words import Currency, Id, Line, Money, Number, Payload, Prose, Share


class OpportunityUpdated(Payload):
    """A deal with the account is new or has changed. Only the fields that are named change."""

    opportunity_id: Id
    name: Line | None = None
    kind: Literal["new", "renewal", "expansion"] = "new"
    stage: Line | None = Field(None, description="as the CRM names it")
    status: Literal["open", "won", "lost"] = "open"
    amount: Money | None = Field(None, description="value of the deal in `currency`")
    currency: Currency | None = None
    closes_on: dt.date | None = None
    probability: Share | None = Field(None, description="that it is won, 0 to 1")


class Objective(Payload):
    """What the account wants to reach, as a number that moves from its baseline to its target."""

    objective_id: Id
    name: Line | None = None
    baseline: Number | None = None
    target: Number | None = None
    actual: Number | None = None
    unit: Line | None = None
    due_on: dt.date | None = None
    confirmed: bool = Field(False, description="the account says itself that it is reached")


class PlanMilestone(Payload):
    """A step on the way, with its days."""

    milestone_id: Id
    name: Line | None = None
    due_on: dt.date | None = None
    done_on: dt.date | None = None


class PlanRisk(Payload):
    """What may keep the plan from working."""

    risk_id: Id
    words: Line | None = None
    severity: Literal["low", "medium", "high"] = "medium"
    open: bool = True


class SuccessPlanUpdated(Payload):
    """The whole present state of one success plan."""

    plan_id: Id
    name: Line | None = None
    status: Literal["draft", "active", "achieved", "abandoned"] = "active"
    objectives: list[Objective] = Field([], max_length=50)
    milestones: list[PlanMilestone] = Field([], max_length=100)
    risks: list[PlanRisk] = Field([], max_length=50)


class RoiRecorded(Payload):
    """The whole present state of one return that the account gets out of us."""

    roi_id: Id
    name: Line | None = None
    promised: Money | None = None
    actual: Money | None = None
    currency: Currency = "USD"
    confirmed: bool = Field(False, description="the account says itself that the figure is right")


class HandoffUpdated(Payload):
    """The whole present state of the document by which sales hands the account over."""

    handoff_id: Id
    sales_owner: Line | None = Field(None, description="e-mail address of the seller")
    status: Literal["draft", "complete"] = "draft"
    goals: Prose | None = None
    commitments: Prose | None = Field(None, description="what we have promised")
    risks: Prose | None = None


class ExitInterviewRecorded(Payload):
    """Why the account left, in its own words."""

    interview_id: Id
    reason: Literal["cost", "competitor", "missing_feature", "usability", "support", "no_need", "closed", "other"]
    competitor: Line | None = None
    comment: Prose | None = None
    would_return: bool | None = None


class AdvocacyRecorded(Payload):
    """The account spoke for us."""

    advocacy_id: Id
    kind: Literal["reference", "case_study", "review", "referral", "community", "speaking"]
    person_id: Id | None = None


PAYLOADS: dict[str, type[Payload]] = {
    "opportunity.updated": OpportunityUpdated,
    "success_plan.updated": SuccessPlanUpdated,
    "roi.recorded": RoiRecorded,
    "handoff.updated": HandoffUpdated,
    "exit_interview.recorded": ExitInterviewRecorded,
    "advocacy.recorded": AdvocacyRecorded,
}
"""Every `ce_type` of these; part of crm.PAYLOADS."""
