"""What the runner's tests share."""

import random

import pytest

from shared.database import Database
from tests.runner.company import Company


@pytest.fixture
async def company(database: Database) -> Company:
    """A company with its good times told and nothing read yet."""
    return await Company.founded(database, random.Random(1))
