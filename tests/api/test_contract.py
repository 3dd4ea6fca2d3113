"""The OpenAPI document against the app: generated requests, each answer as documented, none a 500."""

from collections.abc import Iterator

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from requests import PreparedRequest
from requests.auth import AuthBase
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from services.api.app import create_app
from shared.clock import SystemClock
from shared.settings import Settings
from tests.api.live import Live, live
from tests.api.signing import OPEN, signed

document = create_app(None, Settings(), SystemClock()).openapi()  # type: ignore[arg-type]
schema = schemathesis.openapi.from_dict(document)


@schemathesis.serializer("application/x-ndjson")
def one_line(_: schemathesis.SerializationContext, value: object) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode("utf-8", "replace")


class Shown(AuthBase):
    """A key; of a webhook, the signature of the very bytes."""

    def __init__(self, key: str) -> None:
        self._key = key

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        body = request.body.encode() if isinstance(request.body, str) else request.body or b""
        name = (request.path_url.partition("?")[0]).removeprefix("/v1/webhooks/")
        shown = {"authorization": f"Bearer {self._key}"} if "/" in name else signed(name, body)
        request.headers.update(shown)
        return request


@pytest.fixture(scope="module")
def served(company_url: str) -> Iterator[Live]:
    with live(company_url, OPEN) as found:
        yield found


@schema.parametrize()
@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
def test_generated_requests_are_answered_as_documented(case: schemathesis.Case, served: Live) -> None:
    answer = case.call(base_url=served.url, auth=Shown(served.key))
    case.validate_response(
        answer,
        checks=[
            not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance,
        ],
    )  # fmt: skip


def test_every_route_and_body_is_described() -> None:
    for path, methods in document["paths"].items():
        for method, told in methods.items():
            assert told["summary"], (method, path)
            assert told["description"], (method, path)
            assert "4XX" in told["responses"], (method, path)
            if path.startswith("/v1") and "webhooks" not in path:
                assert told["security"] == [{"apiKey": []}], (method, path)


def test_nothing_in_the_document_points_nowhere() -> None:
    schemas = document["components"]["schemas"]
    pointed = {part.split('"')[0] for part in str(document).replace("'", '"').split("#/components/schemas/")[1:]}
    assert pointed <= set(schemas)
