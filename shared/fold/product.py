"""What product.events do to the facts, activity apart.

Where daily events and a report tell of the same day, both are kept; `Facts.tellers` says which one counts.
"""

from shared.clock import DAY_US, day_number
from shared.contracts import product
from shared.facts import MOST_WORKFLOWS, Capacity, DayCounts, Event, Facts, Gauge, Integration, UsageReport, Workflow
from shared.fold.pieces import pieced
from shared.fold.stamped import Rule, count, newer, put, put_first, stamp

_NOTHING = Capacity(-1, 0, b"", told=[])


def _on_report(facts: Facts, event: Event) -> None:
    body: product.UsageReported = event.body
    start, end = day_number(body.period_start), day_number(body.period_end)
    item = UsageReport(
        *stamp(event), start, end, body.active_people, body.mean_daily_active_people, body.logins,
        body.actions, body.api_requests, body.storage_gb, body.features_used,
    )  # fmt: skip
    put(facts.reports, f"{start}:{end}", item)


def _on_session(facts: Facts, event: Event) -> None:
    """Whole seconds add up to the same in any order; fractions of minutes would not."""
    count(facts, event, "sessions", 1)
    count(facts, event, "session_seconds", round(event.body.minutes * 60))


def _on_capacity(facts: Facts, event: Event) -> None:
    body: product.CapacityReported = event.body
    named = {name: value for name, value in body if value is not None}
    record = facts.own_record()
    record.capacity = pieced(record.capacity, _NOTHING, event, named)


def _on_workflow(facts: Facts, event: Event) -> None:
    body: product.WorkflowRecorded = event.body
    day, completed = event.occurred_at // DAY_US, int(body.completed)
    count(facts, event, "workflows", 1)
    count(facts, event, "workflows_completed", completed)
    workflows = facts.own_record().workflows
    known = workflows.get(body.workflow) or Workflow(DayCounts(day), DayCounts(day))
    now = Workflow(known.tried.plus(day, 1), known.completed.plus(day, completed))
    put_first(workflows, body.workflow, now, MOST_WORKFLOWS)


def _on_data_quality(facts: Facts, event: Event) -> None:
    record = facts.own_record()
    record.data_quality = newer(record.data_quality, Gauge(*stamp(event), event.body.score))


def _on_integration(facts: Facts, event: Event) -> None:
    put(facts.own_record().integrations, event.body.integration, Integration(*stamp(event), event.body.status))


def _on_help(facts: Facts, event: Event) -> None:
    count(facts, event, f"help.{event.body.kind}", 1)


RULES: dict[str, Rule] = {
    "usage.reported": _on_report,
    "session.recorded": _on_session,
    "capacity.reported": _on_capacity,
    "workflow.recorded": _on_workflow,
    "data_quality.reported": _on_data_quality,
    "integration.updated": _on_integration,
    "help.used": _on_help,
}
