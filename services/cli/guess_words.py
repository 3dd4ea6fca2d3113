"""What columns of exports are usually called, and what their words mean. Names are compared by their letters alone."""

from typing import NamedTuple

ACCOUNT = (
    "accountid", "customerid", "companyid", "organizationid", "organisationid", "orgid", "clientid", "workspaceid",
    "tenantid", "account", "customer", "company", "organization", "organisation", "client", "workspace",
)  # fmt: skip
"""Columns that hold the account's id, in the rows of anything."""

CHANGED = (
    "updatedat", "updated", "modifiedat", "lastmodified", "lastmodifieddate", "changedat", "changed", "timestamp",
    "eventtime", "occurredat", "time", "date",
)  # fmt: skip
"""Columns that tell when a row became what it is, the best first."""


class Table(NamedTuple):
    """A kind of rows: the event they stand for, what its file is called, whose rows change between exports, columns
    of the row's own id, and the payload's fields with the names that columns have for them."""

    type: str
    called: tuple[str, ...]
    mutable: bool
    id: tuple[str, ...]
    happened: tuple[str, ...]
    fields: dict[str, tuple[str, ...]]


TABLES = (
    Table(
        "account.updated", ("account", "customer", "compan", "organi", "client", "tenant"), True,
        ("id", *ACCOUNT), ("signupdate", "customersince", "createdat", "created", "createddate"),
        {
            "name": ("name", "companyname", "accountname", "customername", "organizationname", "company", "account"),
            "domain": ("domain", "emaildomain"),
            "website": ("website", "url", "homepage"),
            "industry": ("industry", "sector", "vertical"),
            "region": ("region", "territory", "area"),
            "country": ("country", "countrycode"),
            "employees": ("employees", "employeecount", "headcount", "companysize", "numberofemployees"),
            "owner": ("owneremail", "csmemail", "csm", "owner", "accountmanager", "accountowner", "manageremail"),
            "arr": ("arr", "annualrevenue", "annualrecurringrevenue", "acv"),
            "currency": ("currency", "currencycode"),
            "stage": ("stage", "lifecyclestage", "status"),
            "plan": ("plan", "planname", "tier", "plantier", "subscriptiontier"),
            "strategic": ("strategic", "isstrategic", "keyaccount"),
            "complexity": ("complexity", "complexityscore"),
            "growth_potential": ("growthpotential", "growthscore", "expansionpotential"),
            "strategic_value": ("strategicvalue", "strategicfit"),
            "annual_revenue": ("annualrevenue", "companyrevenue"),
            "customer_since": ("customersince", "signupdate", "startdate", "created", "createdat", "createddate"),
        },
    ),
    Table(
        "person.updated", ("person", "people", "contact", "user"), True,
        ("id", "personid", "contactid", "userid"), ("createdat", "created", "createddate"),
        {
            "person_id": ("personid", "contactid", "userid", "id", "email", "emailaddress"),
            "name": ("name", "fullname", "contactname", "personname"),
            "first_name": ("firstname", "givenname"),
            "last_name": ("lastname", "surname", "familyname"),
            "email": ("email", "emailaddress", "mail", "useremail", "contactemail"),
            "title": ("title", "jobtitle", "position"),
            "role": ("role", "buyingrole", "stakeholdertype"),
            "department": ("department", "team"),
        },
    ),
    Table(
        "subscription.updated", ("subscription", "contract"), True,
        ("subscriptionid", "contractid", "id"), ("startedat", "startdate", "subscriptionstart", "start", "createdat"),
        {
            "subscription_id": ("subscriptionid", "contractid", "id"),
            "status": ("status", "subscriptionstatus", "state"),
            "plan": ("plan", "planname", "planid", "plantier", "product", "tier"),
            "amount": ("amount", "price", "mrr", "mrramount", "arr", "value", "contractvalue", "monthlyprice"),
            "currency": ("currency", "currencycode"),
            "interval": ("interval", "billingcycle", "billingfrequency", "billinginterval", "billingperiod"),
            "seats": ("seats", "quantity", "licenses", "licences", "users"),
            "started_at": ("startedat", "startdate", "subscriptionstart", "start"),
            "renews_at": ("renewsat", "renewaldate", "currentperiodend", "renewal"),
            "ends_at": ("endsat", "enddate", "subscriptionend", "canceledat", "cancelledat", "end"),
            "cancel_at_period_end": ("cancelatperiodend", "autorenewoff"),
        },
    ),
    Table(
        "invoice.updated", ("invoice", "bill"), True,
        ("invoiceid", "invoicenumber", "id", "number"), ("issuedat", "invoicedate", "issuedate", "createdat"),
        {
            "invoice_id": ("invoiceid", "invoicenumber", "id", "number"),
            "status": ("status", "invoicestatus", "state"),
            "amount": ("amount", "total", "amountdue", "invoiceamount", "totalamount"),
            "currency": ("currency", "currencycode"),
            "issued_at": ("issuedat", "invoicedate", "issuedate", "date", "createdat"),
            "due_at": ("dueat", "duedate"),
            "paid_at": ("paidat", "paiddate", "paymentdate"),
        },
    ),
    Table(
        "ticket.updated", ("ticket", "case", "support", "issue"), True,
        ("ticketid", "caseid", "casenumber", "id", "number"),
        ("openedat", "submittedat", "ticketcreateddate", "opened", "createdat", "created", "createddate"),
        {
            "ticket_id": ("ticketid", "caseid", "casenumber", "id", "number"),
            "status": ("status", "ticketstatus", "state"),
            "priority": ("priority", "severity", "urgency"),
            "subject": ("subject", "title", "summary"),
            "category": ("category", "type", "topic"),
            "escalated": ("escalated", "escalationflag", "isescalated"),
            "opened_at": (
                "openedat", "submittedat", "ticketcreateddate", "opened", "createdat", "created", "createddate",
            ),
            "resolved_at": ("resolvedat", "solvedat", "closedat", "ticketresolveddate", "resolved", "closed"),
            "first_response_at": ("firstresponseat", "firstreplyat", "firstresponsetime"),
            "requester_id": ("requesterid", "requester", "contactid", "userid"),
            "satisfaction": ("satisfaction", "satisfactionscore", "csat", "customerrating", "rating"),
        },
    ),
    Table(
        "survey.response", ("survey", "nps", "csat", "ces", "feedback"), False,
        ("responseid", "surveyid", "answerid", "id"), ("respondedat", "answeredat", "submittedat", "createdat"),
        {
            "survey_id": ("responseid", "surveyid", "answerid", "id"),
            "survey_type": ("surveytype", "type", "metric"),
            "score": ("score", "nps", "npsscore", "csat", "csatscore", "ces", "rating"),
            "comment": ("comment", "feedback", "verbatim", "text"),
            "respondent.email": ("email", "respondentemail", "useremail"),
        },
    ),
    Table(
        "usage.reported", ("usage", "activity", "metric", "adoption"), True,
        ("usageid", "id"), ("month", "week", "day", "date", "period", "usagemonth", "usagedate", "periodstart"),
        {
            "period_start": ("periodstart", "month", "week", "day", "usagemonth", "usagedate", "date", "period"),
            "period_end": ("periodend",),
            "active_people": ("activeusers", "activepeople", "mau", "monthlyactiveusers", "uniqueusers"),
            "mean_daily_active_people": ("dau", "dailyactiveusers", "avgdailyactiveusers"),
            "logins": ("logins", "logincount", "signins"),
            "actions": ("actions", "events", "eventcount", "usagecount", "clicks"),
            "api_requests": ("apirequests", "apicalls"),
            "storage_gb": ("storagegb", "storageusedgb", "storage"),
        },
    ),
    Table(
        "usage.recorded", ("event", "usage", "feature", "track", "log"), False,
        ("eventid", "usageid", "messageid", "uuid", "id"),
        ("timestamp", "eventtime", "usagedate", "createdat", "at", "date"),
        {
            "person_id": ("userid", "personid", "user", "email", "useremail", "contactid", "person"),
            "feature": ("feature", "featurename", "eventname", "event", "action", "page"),
            "actions": ("count", "usagecount", "actions", "quantity"),
        },
    ),
)  # fmt: skip

MEANINGS = {
    "status": {
        "canceled": "cancelled", "churned": "cancelled", "expired": "cancelled", "ended": "cancelled",
        "trial": "trialing", "intrial": "trialing", "pastdue": "past_due", "live": "active", "running": "active",
        "onhold": "on_hold",
        "hold": "on_hold", "waiting": "pending", "inprogress": "open", "assigned": "open", "reopened": "open",
        "resolved": "solved", "done": "solved", "complete": "solved", "unresolved": "open", "due": "open",
        "outstanding": "open", "overdue": "open", "sent": "open", "voided": "void", "settled": "paid",
        "writtenoff": "uncollectible", "bad": "uncollectible",
    },
    "priority": {
        "critical": "urgent", "blocker": "urgent", "highest": "urgent", "p": "urgent", "medium": "normal",
        "moderate": "normal", "standard": "normal", "minor": "low", "lowest": "low", "major": "high",
    },
    "interval": {
        "monthly": "month", "annual": "year", "annually": "year", "yearly": "year", "weekly": "week", "daily": "day",
        "months": "month", "years": "year",
    },
    "role": {
        "sponsor": "executive_sponsor", "executive": "executive_sponsor", "buyer": "economic_buyer",
        "decisionmaker": "economic_buyer", "user": "end_user", "admin": "technical_owner",
        "technical": "technical_owner",
    },
}  # fmt: skip
"""What words of a closed list are called elsewhere, by the payload's field."""
