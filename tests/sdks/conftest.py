"""A door for each test, on the tables that the test finds empty."""

from collections.abc import Iterator

import pytest

from shared.database import Database
from shared.settings import Settings
from tests.sdks.door import Door, opened
from tests.sdks.node_runtime import node

__all__ = ["node"]

STRIPE_SECRET = "whsec_for_sdks"
HUBSPOT_SECRET = "yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy"
PUBLIC_URL = "https://steward.example.com"
SETTINGS = Settings(
    stripe_webhook_secret=STRIPE_SECRET,  # type: ignore[arg-type]
    hubspot_client_secret=HUBSPOT_SECRET,  # type: ignore[arg-type]
    public_url=PUBLIC_URL,
)


@pytest.fixture
def door(postgres_url: str, database: Database) -> Iterator[Door]:
    """`database` comes first: it empties the tables, the door's key would be gone."""
    assert database.url == postgres_url
    with opened(postgres_url, SETTINGS) as found:
        yield found
