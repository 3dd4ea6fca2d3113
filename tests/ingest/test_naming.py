"""Which rejected records go with a person: theirs whatever they say, a namesake's in another system not."""

import json
from typing import Any

import pytest

from services.ingest.naming import KnownBy, Naming, naming, needles

MIA = KnownBy(
    frozenset({"mia@acme.example", "Mia Müller"}),
    frozenset({"p1", "77"}),
    frozenset({("hubspot", "77"), ("zendesk", "p1")}),
    frozenset({"acme"}),
)


def answer(person: object = "p1", **properties: object) -> dict[str, Any]:
    return {"event_id": "e", "event_data": {"id": "5", "person": {"id": person}, "person_properties": properties}}


@pytest.mark.parametrize(
    ("source", "body", "found"),
    [
        ("delighted", answer(), Naming.NOTHING),
        ("delighted", answer("p2", user_id="p1"), Naming.AN_ID),
        ("delighted", answer(user_id="p1"), Naming.AN_ID),
        ("delighted", answer(p1="yes"), Naming.AN_ID),
        ("delighted", answer(account="acme"), Naming.THEM),
        ("delighted", answer(note="ask MIA@acme.example"), Naming.THEM),
        ("delighted", answer("p2"), Naming.NOTHING),
        ("zendesk", {"detail": {"id": "p1"}}, Naming.THEM),
        ("hubspot", {"objectId": 77}, Naming.THEM),
        ("hubspot", {"objectId": 5, "score": 1}, Naming.NOTHING),
        ("delighted", {"score": 77}, Naming.NOTHING),
        ("delighted", {"score": 77, "account": "acme"}, Naming.THEM),
        ("shop", {"person_id": "p1"}, Naming.AN_ID),
        ("segment", {"userId": "p1"}, Naming.AN_ID),
        ("shop", {"name": "mia müller"}, Naming.THEM),
    ],
)
def test_a_record_is_theirs_by_what_it_says_and_by_whose_ids_its_source_tells(
    source: str, body: dict[str, Any], found: Naming
) -> None:
    raw = json.dumps(body, ensure_ascii=False).encode()
    assert naming(MIA, source, [b""], raw) is found
    if found is not Naming.NOTHING:
        assert any(one.lower() in raw.lower() for one in needles(MIA))


def test_what_cannot_be_read_or_stands_outside_the_body_is_not_told_apart() -> None:
    assert naming(MIA, "delighted", [], b'{"event_data": {"person": {"id": "p1"') is Naming.AN_ID
    assert naming(MIA, "delighted", [b'["p1"]'], json.dumps(answer()).encode()) is Naming.AN_ID
    assert naming(MIA, "delighted", [b"acme"], json.dumps(answer()).encode()) is Naming.THEM
