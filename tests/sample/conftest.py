"""The sample company as it stands at one Sunday evening, told once for all tests."""

import datetime as dt
from typing import Any

import pytest

from services.health.model import Model, load_models
from services.sample import Company, simulate

UNTIL = dt.datetime(2026, 11, 22, 19, 30, tzinfo=dt.UTC)


@pytest.fixture(scope="session")
def company() -> Company:
    return simulate(until=UNTIL)


@pytest.fixture(scope="session")
def history(company: Company) -> list[dict[str, Any]]:
    return list(company.history())


@pytest.fixture(scope="session")
def model() -> Model:
    return load_models()["hm-2"]
