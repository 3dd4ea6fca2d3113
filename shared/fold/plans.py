"""What was agreed with the account: crm.events of deals, success plans, returns, handoffs, exits, advocacy."""

from decimal import Decimal
from typing import Any

from shared.clock import day_number
from shared.contracts import plans
from shared.facts import (
    MOST_PLANS,
    Advocacy,
    Event,
    ExitInterview,
    Facts,
    Handoff,
    Opportunity,
    RoiItem,
    SuccessPlan,
)
from shared.facts.plans import Objective, PlanMilestone, PlanRisk
from shared.fold.pieces import put_piece
from shared.fold.stamped import Rule, put, stamp
from shared.revenue.price import micros


def _money(amount: Decimal | None) -> int | None:
    return None if amount is None else micros(amount)


def _day(date: Any) -> int | None:
    return None if date is None else day_number(date)


_BLANK = Opportunity(-1, 0, b"", told=[])
_PIECES = {"amount": _money, "closes_on": _day}


def _on_opportunity(facts: Facts, event: Event) -> None:
    body: plans.OpportunityUpdated = event.body
    named = {
        name: _PIECES.get(name, lambda value: value)(getattr(body, name))
        for name in body.model_fields_set - {"opportunity_id", "name"}
    }
    place = ("opportunities", body.opportunity_id)
    put_piece(facts, place, _BLANK, event, named)


def _on_plan(facts: Facts, event: Event) -> None:
    body: plans.SuccessPlanUpdated = event.body
    plan = SuccessPlan(
        *stamp(event), body.status,
        [Objective(o.baseline, o.target, o.actual, _day(o.due_on), o.confirmed) for o in body.objectives],
        [PlanMilestone(_day(m.due_on), _day(m.done_on)) for m in body.milestones],
        [PlanRisk(risk.severity, risk.open) for risk in body.risks],
    )  # fmt: skip
    put(facts.own_record().plans, body.plan_id, plan, MOST_PLANS)


def _on_roi(facts: Facts, event: Event) -> None:
    body: plans.RoiRecorded = event.body
    item = RoiItem(*stamp(event), _money(body.promised), _money(body.actual), body.currency, body.confirmed)
    put(facts.own_record().roi, body.roi_id, item)


def _on_handoff(facts: Facts, event: Event) -> None:
    put(facts.own_record().handoffs, event.body.handoff_id, Handoff(*stamp(event), event.body.status), MOST_PLANS)


def _on_exit(facts: Facts, event: Event) -> None:
    body: plans.ExitInterviewRecorded = event.body
    interview = ExitInterview(*stamp(event), body.reason, body.competitor, body.would_return)
    put(facts.own_record().exit_interviews, body.interview_id, interview, MOST_PLANS)


def _on_advocacy(facts: Facts, event: Event) -> None:
    body: plans.AdvocacyRecorded = event.body
    put(facts.own_record().advocacy, body.advocacy_id, Advocacy(*stamp(event), body.kind, body.person_id))


RULES: dict[str, Rule] = {
    "opportunity.updated": _on_opportunity,
    "success_plan.updated": _on_plan,
    "roi.recorded": _on_roi,
    "handoff.updated": _on_handoff,
    "exit_interview.recorded": _on_exit,
    "advocacy.recorded": _on_advocacy,
}
