"""Segment's reserved traits: what is read of them, and what is left out without harm to the rest."""

from typing import Any

import pytest

from services.ingest.sources.segment_traits import account_fields, person_fields


@pytest.mark.parametrize(
    ("traits", "fields"),
    [
        ({"arr": "120000", "mrr": 5}, {"arr": "120000"}),
        ({"mrr": 0}, {"arr": "0"}),
        ({"mrr": -1}, {}),
        ({"mrr": "NaN"}, {}),
        ({"mrr": True}, {}),
        ({"arr": 10**12}, {}),
        ({"arr": 0.1234567}, {"arr": "0.123457"}),
        ({"employees": "11-50"}, {}),
        ({"employees": 3.5}, {}),
        ({"country": "Germany"}, {}),
        ({"currency": "€"}, {}),
        ({"createdAt": "0001-01-01T00:00:00Z"}, {}),
        ({"createdAt": 1763798400}, {}),
        ({"name": None, "plan": ""}, {}),
        ({"name": "x" * 400}, {"name": "x" * 300}),
        ({"website": "acme.example"}, {"website": "acme.example", "domain": "acme.example"}),
        ({"website": "localhost"}, {"website": "localhost"}),
        (
            {"website": "http://a.example", "domain": "b.example"},
            {"website": "http://a.example", "domain": "b.example"},
        ),
    ],
)
def test_a_trait_that_cannot_be_read_is_left_out(traits: dict[str, Any], fields: dict[str, Any]) -> None:
    assert account_fields(traits) == fields


def test_names_in_both_spellings_make_one() -> None:
    assert person_fields({"first_name": "Mia"}) == {"name": "Mia"}
    assert person_fields({"name": "M. Wong", "firstName": "Mia"}) == {"name": "M. Wong"}
    assert person_fields({"name": 5, "email": ["x"]}) == {}
