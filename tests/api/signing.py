"""All doors of webhooks open, by one secret, and requests as all of the sources sign them at once."""

import base64
import hashlib
import hmac
from typing import Any

from services.api.webhooks_in import DOORS
from shared.settings import Settings
from tests.api import company

SECRET = "any-secret"
PUBLIC_URL = "https://steward.example"
STAMP = company.NOW.isoformat()
_BY_NAME = {name: SECRET for name, (_, door) in DOORS.items() if door.secret == "source_secrets"}
_ALONE: dict[str, Any] = {door.secret: SECRET for _, door in DOORS.values() if door.secret != "source_secrets"}
OPEN = Settings(source_secrets=_BY_NAME, public_url=PUBLIC_URL, **_ALONE)  # type: ignore[arg-type]
"""With every door open."""


def signed(name: str, body: bytes, secret: str = SECRET) -> dict[str, str]:
    """The headers of a request to `/v1/webhooks/{name}` that shows it knows the secret."""
    seconds = int(company.NOW.timestamp())
    url = f"{PUBLIC_URL}/v1/webhooks/{name}"
    hubspot = _digest(secret, f"POST{url}".encode() + body + str(seconds * 1_000).encode())
    stripe = _digest(secret, f"{seconds}.".encode() + body).hex()
    return {
        "x-hubspot-signature-v3": base64.b64encode(hubspot).decode(),
        "x-hubspot-request-timestamp": str(seconds * 1_000),
        "x-zendesk-webhook-signature": base64.b64encode(_digest(secret, STAMP.encode() + body)).decode(),
        "x-zendesk-webhook-signature-timestamp": STAMP,
        "x-hub-signature": "sha1=" + hmac.new(secret.encode(), body, hashlib.sha1).hexdigest(),
        "x-delighted-webhook-signature": "sha256=" + _digest(secret, body).hex(),
        "stripe-signature": f"t={seconds},v1={stripe}",
        "x-steward-token": secret,
        "authorization": f"Bearer {secret}",
    }


def _digest(secret: str, body: bytes) -> bytes:
    return hmac.new(secret.encode(), body, hashlib.sha256).digest()
