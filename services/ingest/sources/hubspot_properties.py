"""What HubSpot's standard properties become. A property that is not in these tables is of no use to us. Pure.

HubSpot sends every value as text: times in milliseconds, choices by their inner names, an emptied property as "".
"""

from collections.abc import Mapping

from services.ingest.sources.crm_values import (
    Fields,
    Reader,
    at,
    count,
    country,
    day,
    field,
    flag,
    instant,
    line,
    money,
    owner,
    share,
    website,
)
from services.ingest.sources.meetings import kind_of
from services.ingest.sources.source import Options

_STAGES = {"closedwon": "won", "closedlost": "lost"}
_OPEN_STAGES = frozenset(
    {"appointmentscheduled", "qualifiedtobuy", "presentationscheduled", "decisionmakerboughtin", "contractsent"}
)
_DEAL_KINDS = {"newbusiness": "new", "existingbusiness": "expansion", "renewal": "renewal"}
_TICKET_STAGES = {"1": "new", "2": "pending", "3": "open", "4": "closed"}
_PRIORITIES = {"low": "low", "medium": "normal", "high": "high", "urgent": "urgent"}
_ROLES = {
    "CHAMPION": "champion", "EXECUTIVE_SPONSOR": "executive_sponsor", "BUDGET_HOLDER": "economic_buyer",
    "DECISION_MAKER": "economic_buyer", "BLOCKER": "blocker", "INFLUENCER": "influencer", "END_USER": "end_user",
}  # fmt: skip
"""The parts that HubSpot knows, the most telling first: a contact may play several."""
_LEVELS = {
    "owner": "c_level", "partner": "c_level", "executive": "c_level", "vp": "vp", "director": "director",
    "manager": "manager", "senior": "individual", "employee": "individual", "entry": "individual",
}  # fmt: skip


def _deal_stage(text: str | None, _: Options) -> Fields:
    """The stages of HubSpot's own pipeline tell the deal's status; those of others do not."""
    if text is None:
        return {"stage": None}
    status = _STAGES.get(text) or ("open" if text in _OPEN_STAGES else None)
    return {"stage": line(text)} | ({"status": status} if status else {})


def _won(text: str | None, _: Options) -> Fields:
    return {"status": "won"} if text is not None and flag(text) else {}


def _lost(text: str | None, _: Options) -> Fields:
    return {"status": "lost"} if text is not None and flag(text) else {}


def _closed(text: str | None, _: Options) -> Fields:
    return {} if text is None or flag(text) else {"status": "open"}


def _kind(text: str | None, _: Options) -> Fields:
    kind = _DEAL_KINDS.get((text or "").lower())
    return {"kind": kind} if kind else {}


def _currency(text: str | None, _: Options) -> Fields:
    return {"currency": None if text is None else text.upper()}


def _ticket_stage(text: str | None, _: Options) -> Fields:
    status = _TICKET_STAGES.get(text or "")
    return {"status": status} if status else {}


def _closed_at(text: str | None, options: Options) -> Fields:
    """A ticket that is no longer closed has been opened again: nothing is emptied that was not full."""
    if text is None:
        return {"status": "open", "resolved_at": None, "reopens": True}
    return {"status": "closed", "resolved_at": at(text, options)}


def _priority(text: str | None, _: Options) -> Fields:
    return {"priority": _PRIORITIES.get((text or "").lower(), "normal")}


def _role(text: str | None, _: Options) -> Fields:
    played = set((text or "").upper().split(";"))
    return {"role": next((ours for theirs, ours in _ROLES.items() if theirs in played), None)}


def _level(text: str | None, _: Options) -> Fields:
    return {"level": _LEVELS.get((text or "").lower())}


def _bounced(text: str | None, _: Options) -> Fields:
    return {"email_bounced": text is not None}


_OUTCOMES = {
    "scheduled": "scheduled", "rescheduled": "scheduled", "completed": "held", "no_show": "missed",
    "canceled": "cancelled",
}  # fmt: skip
_DIRECTIONS = {"outbound": True, "email": True, "forwarded_email": True, "inbound": False, "incoming_email": False}


def _title(text: str | None, _: Options) -> Fields:
    return {"subject": None} if text is None else {"subject": line(text), "kind": kind_of(text)}


def _outcome(text: str | None, _: Options) -> Fields:
    status = _OUTCOMES.get((text or "").lower().replace(" ", "_"))
    return {"status": status} if status else {}


def is_ours(direction: str | None) -> bool | None:
    """Whether a call or an e-mail goes out from us; None where its direction does not say."""
    return _DIRECTIONS.get((direction or "").lower())


def _starts_at(text: str | None, options: Options) -> Fields:
    return {} if text is None else {"starts_at": at(text, options)}


COMPANY: Mapping[str, Reader] = {
    "name": field("name", line),
    "domain": field("domain", line),
    "website": website,
    "industry": field("industry", line),
    "numberofemployees": field("employees", count),
    "country": country,
    "hs_country_code": country,
    "lifecyclestage": field("stage", line),
    "hubspot_owner_id": owner,
    "hs_parent_company_id": field("parent_id", line),
    "closedate": field("customer_since", day),
}
CONTACT: Mapping[str, Reader] = {
    "email": field("email", line),
    "firstname": field("first_name", line),
    "lastname": field("last_name", line),
    "jobtitle": field("title", line),
    "job_function": field("department", line),
    "hs_seniority": _level,
    "seniority": _level,
    "hs_buying_role": _role,
    "hs_email_hard_bounce_reason_enum": _bounced,
}
DEAL: Mapping[str, Reader] = {
    "dealname": field("name", line),
    "dealstage": _deal_stage,
    "hs_is_closed_won": _won,
    "hs_is_closed_lost": _lost,
    "hs_is_closed": _closed,
    "dealtype": _kind,
    "amount": field("amount", money),
    "deal_currency_code": _currency,
    "closedate": field("closes_on", day),
    "hs_deal_stage_probability": field("probability", share),
}
MEETING: Mapping[str, Reader] = {
    "hs_meeting_title": _title,
    "hs_meeting_outcome": _outcome,
    "hs_meeting_start_time": _starts_at,
    "hs_meeting_end_time": instant("ends_at"),
}
DIRECTIONS = {"call": "hs_call_direction", "email": "hs_email_direction"}
"""The one property that says which way a call or an e-mail went."""
TICKET: Mapping[str, Reader] = {
    "subject": field("subject", line),
    "hs_pipeline_stage": _ticket_stage,
    "hs_ticket_priority": _priority,
    "hs_ticket_category": field("category", line),
    "createdate": lambda text, options: {} if text is None else {"opened_at": at(text, options)},
    "closed_date": _closed_at,
    "first_agent_reply_date": instant("first_response_at"),
}
