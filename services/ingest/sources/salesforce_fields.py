"""What Salesforce's standard fields become. A field that is not in these tables is of no use to us. Pure."""

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
    percent,
    website,
)
from services.ingest.sources.source import Options

_CASE_STATUSES = {
    "new": "new", "working": "open", "in progress": "open", "escalated": "open", "open": "open", "on hold": "on_hold",
    "waiting on customer": "pending", "pending": "pending", "response received": "open", "closed": "closed",
    "resolved": "solved", "solved": "solved",
}  # fmt: skip
"""Salesforce's own statuses of cases, and the commonest of those that people add."""
_PRIORITIES = {"low": "low", "medium": "normal", "normal": "normal", "high": "high", "critical": "urgent",
               "urgent": "urgent"}  # fmt: skip


def _stage(text: str | None, _: Options) -> Fields:
    """The stages that Salesforce comes with tell the status; of others IsClosed and IsWon do."""
    status = {"closed won": "won", "closed lost": "lost"}.get((text or "").lower())
    return {"stage": text and line(text)} | ({"status": status} if status else {})


def _closed(text: str | None, _: Options) -> Fields:
    """What is closed is lost unless IsWon, which is read later, says otherwise."""
    return {} if text is None else {"status": "lost" if flag(text) else "open"}


def _won(text: str | None, _: Options) -> Fields:
    return {"status": "won"} if text is not None and flag(text) else {}


def _kind(text: str | None, _: Options) -> Fields:
    """Salesforce comes with "New Customer", "Existing Customer - Upgrade" and the like."""
    told = (text or "").lower()
    if "renew" in told:
        return {"kind": "renewal"}
    if "existing" in told or "upgrade" in told or "expansion" in told or "upsell" in told:
        return {"kind": "expansion"}
    return {"kind": "new"} if "new" in told else {}


def _currency(text: str | None, _: Options) -> Fields:
    return {"currency": None if text is None else text.upper()}


def _case_status(text: str | None, _: Options) -> Fields:
    status = _CASE_STATUSES.get((text or "").lower())
    return {"status": status} if status else {}


def _case_closed(text: str | None, _: Options) -> Fields:
    return {"status": "closed"} if text is not None and flag(text) else {}


def _closed_at(text: str | None, options: Options) -> Fields:
    return {"resolved_at": None if text is None else at(text, options)}


def _opened_at(text: str | None, options: Options) -> Fields:
    return {} if text is None else {"opened_at": at(text, options)}


def _priority(text: str | None, _: Options) -> Fields:
    return {"priority": _PRIORITIES.get((text or "").lower(), "normal")}


def _escalated(text: str | None, _: Options) -> Fields:
    return {"escalated": text is not None and flag(text)}


def _bounced(text: str | None, _: Options) -> Fields:
    return {"email_bounced": text is not None}


_BILLING_COUNTRY = ("BillingAddress.CountryCode", "BillingAddress.Country")

ACCOUNT: Mapping[str, Reader] = {
    "Name": field("name", line),
    "Website": website,
    "Industry": field("industry", line),
    "NumberOfEmployees": field("employees", count),
    **dict.fromkeys(_BILLING_COUNTRY, country),
    "ParentId": field("parent_id", line),
    "Type": field("stage", line),
    "OwnerId": owner,
}
CONTACT: Mapping[str, Reader] = {
    "Name": field("name", line),
    "Name.FirstName": field("first_name", line),
    "Name.LastName": field("last_name", line),
    "Email": field("email", line),
    "Title": field("title", line),
    "Department": field("department", line),
    "EmailBouncedDate": _bounced,
}
OPPORTUNITY: Mapping[str, Reader] = {
    "Name": field("name", line),
    "IsClosed": _closed,
    "StageName": _stage,
    "IsWon": _won,
    "Type": _kind,
    "Amount": field("amount", money),
    "CurrencyIsoCode": _currency,
    "CloseDate": field("closes_on", day),
    "Probability": field("probability", percent),
}
CASE: Mapping[str, Reader] = {
    "Subject": field("subject", line),
    "Status": _case_status,
    "IsClosed": _case_closed,
    "Priority": _priority,
    "IsEscalated": _escalated,
    "CreatedDate": _opened_at,
    "ClosedDate": _closed_at,
    "ContactId": field("requester_id", line),
    "Type": field("category", line),
}
EVENT: Mapping[str, Reader] = {
    "Subject": field("subject", line),
    "StartDateTime": instant("starts_at"),
    "EndDateTime": instant("ends_at"),
}
"""In the order in which they are read: of two fields that tell the same, the last one counts."""
