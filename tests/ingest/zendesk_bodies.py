"""Bodies of Zendesk's events, in the shapes that it sends, and of a trigger."""

from typing import Any

ORGANIZATION, REQUESTER, AGENT = "8447346622462", "9007199254741993", "8447388090494"
ID = "cbe4028c-7239-495d-b020-f22348516046"

DETAIL = {
    "actor_id": AGENT, "assignee_id": AGENT, "created_at": "2026-11-20T08:00:00Z", "external_id": None,
    "id": "5158", "organization_id": ORGANIZATION, "priority": "LOW", "requester_id": REQUESTER, "status": "OPEN",
    "subject": "Export stays empty", "tags": ["reports"], "type": "PROBLEM", "updated_at": "2026-11-22T10:00:00Z",
    "via": {"channel": "web_service"},
}  # fmt: skip


def event(kind: str, changed: dict[str, Any] | None = None, about: str = "ticket", **detail: Any) -> dict[str, Any]:
    return {
        "account_id": 22129848, "id": ID, "subject": "zen:ticket:5158", "time": "2026-11-22T10:00:00.672717030Z",
        "type": f"zen:event-type:{about}.{kind}", "zendesk_event_version": "2022-11-06",
        "detail": {**DETAIL, **detail} if about == "ticket" else detail, "event": changed or {},
    }  # fmt: skip


TRIGGER = {
    "ticket_id": "5158", "status": "Solved", "priority": "Urgent", "subject": "Export stays empty",
    "tags": "reports vip", "type": "Problem", "organization_id": ORGANIZATION, "requester_id": REQUESTER,
    "requester_email": "mia@acme.test", "created_at": "2026-11-20T08:00Z", "updated_at": "2026-11-22T09:59Z",
    "satisfaction": "", "satisfaction_comment": "",
}  # fmt: skip
