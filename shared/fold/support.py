"""What support.events do to the facts."""

from shared.clock import to_us
from shared.contracts import support
from shared.facts import Event, Facts, Survey, Ticket
from shared.fold.stamped import Rule, put, stamp, us


def _on_ticket(facts: Facts, event: Event) -> None:
    body: support.TicketUpdated = event.body
    item = Ticket(
        *stamp(event), body.status, body.priority, body.sentiment, body.escalated,
        to_us(body.opened_at), us(body.resolved_at), body.satisfaction, us(body.first_response_at),
        body.category, body.requester_id, body.reopened,
    )  # fmt: skip
    put(facts.tickets, body.ticket_id, item)


def _on_survey(facts: Facts, event: Event) -> None:
    body: support.SurveyResponse = event.body
    who = body.respondent and body.respondent.external_id
    item = Survey(*stamp(event), body.survey_type, body.score, float(body.scale_min), float(body.scale_max), who)
    put(facts.surveys, body.survey_id, item)


RULES: dict[str, Rule] = {
    "ticket.updated": _on_ticket,
    "survey.response": _on_survey,
}
