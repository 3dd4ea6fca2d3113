"""What product.events do to the facts, activity apart."""

from shared.clock import day_number
from shared.contracts import product
from shared.facts import Event, Facts, UsageReport
from shared.fold.stamped import Rule, put, stamp


def _on_report(facts: Facts, event: Event) -> None:
    body: product.UsageReported = event.body
    start, end = day_number(body.period_start), day_number(body.period_end)
    item = UsageReport(
        *stamp(event), start, end, body.active_people, body.mean_daily_active_people, body.logins,
        body.actions, body.api_requests, body.storage_gb, body.features_used,
    )  # fmt: skip
    put(facts.reports, f"{start}:{end}", item)


def _only_counts(facts: Facts, event: Event) -> None:
    """Kept as an event, with no fact of its own yet."""


RULES: dict[str, Rule] = {
    **dict.fromkeys(product.PAYLOADS.keys() - {"usage.recorded", "login.recorded"}, _only_counts),
    "usage.reported": _on_report,
}
