"""What the sample company tells, and that it tells it well."""

import datetime as dt
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from services.sample import Company, simulate, write_ndjson
from services.sample.archetypes import ARCHETYPES, CORE_FEATURES, TOUCHES, by_share
from shared.contracts import NATIVE, CloudEvent
from shared.native import decode_body, parse_time
from tests.sample.conftest import UNTIL

History = list[dict[str, Any]]


def _small(seed: int) -> Company:
    return simulate(accounts=12, days=60, until=UNTIL, seed=seed)


def test_the_same_seed_tells_the_same_story_to_the_byte(tmp_path: Path) -> None:
    for name in ("one", "two"):
        write_ndjson(_small(3), tmp_path / name)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def test_another_seed_tells_another_story() -> None:
    one, two = (list(_small(seed).history()) for seed in (3, 4))
    assert not {event["id"] for event in one} & {event["id"] for event in two}


def test_every_event_is_a_native_event_that_ingest_accepts(history: History) -> None:
    """Of use and sessions, which are written in one place each, every twentieth is looked at."""
    many = [event for event in history if event["type"] in {"usage.recorded", "session.recorded"}]
    others = [event for event in history if event["type"] not in {"usage.recorded", "session.recorded"}]
    for event in [*others, *many[::20]]:
        envelope = CloudEvent.model_validate(event)
        topic, _ = NATIVE[envelope.type]
        assert topic == f"{envelope.source}.events"
        decode_body(envelope.type, json.dumps(envelope.data).encode())


TOLD = {
    "account.updated", "person.updated", "person.left", "meeting.updated", "outreach.sent", "reply.received",
    "sponsor.updated", "feedback.given", "usage.recorded", "subscription.updated", "invoice.updated",
    "cancel.requested", "cancel.withdrawn", "ticket.updated", "survey.response", "login.recorded", "session.recorded",
    "capacity.reported", "data_quality.reported", "integration.updated", "workflow.recorded", "help.used",
    "success_plan.updated", "roi.recorded", "opportunity.updated", "competitor.mentioned",
}  # fmt: skip


def test_it_tells_of_all_that_happens_to_its_accounts(history: History) -> None:
    assert {event["type"] for event in history} == TOLD
    assert NATIVE.keys() >= TOLD


def test_events_come_in_order_of_time_within_the_history(company: Company, history: History) -> None:
    times = [parse_time(event["time"]) for event in history]
    assert times == sorted(times)
    assert company.origin * 1_000_000 <= times[0] < times[-1] <= int(UNTIL.timestamp() * 1_000_000)


def test_no_id_is_used_twice(history: History) -> None:
    assert len({event["id"] for event in history}) == len(history)


def test_two_hundred_accounts_and_half_a_year_stay_below_150_000_events(history: History) -> None:
    assert 80_000 < len(history) < 150_000


def test_a_person_uses_a_feature_at_most_once_a_day(history: History) -> None:
    used = [
        (event["data"]["person_id"], event["data"]["feature"], event["time"][:10])
        for event in history
        if event["type"] == "usage.recorded"
    ]
    assert len(set(used)) == len(used)
    assert {feature for _, feature, _ in used} == set(CORE_FEATURES)


def test_an_account_is_introduced_before_anything_else_is_said_of_it(history: History) -> None:
    first: dict[str, str] = {}
    for event in history:
        first.setdefault(event["subject"], event["type"])
    assert set(first.values()) == {"account.updated"}
    assert len(first) == 200


def test_segments_have_their_shares(company: Company) -> None:
    assert Counter(truth.segment for truth in company.truth) == {"high_touch": 24, "low_touch": 70, "tech_touch": 106}


@pytest.mark.parametrize("count", [1, 2, 7, 20, 199, 5_000])
def test_kinds_are_shared_out_to_the_last_account(count: int) -> None:
    assert len(by_share(TOUCHES, count)) == len(by_share(ARCHETYPES, count)) == count


def test_weekends_are_quiet(history: History) -> None:
    days = Counter(
        dt.datetime.fromisoformat(event["time"]).weekday() for event in history if event["type"] == "usage.recorded"
    )
    assert days[6] < days[1] / 4


def test_a_new_account_grows_into_the_product(company: Company, history: History) -> None:
    newcomers = {truth.account for truth in company.truth if truth.archetype == "newcomer"}
    joined = {f.account.key: f.joined for f in company.fates}
    ages = Counter(
        (parse_time(event["time"]) // 86_400_000_000 - company.origin // 86_400 - joined[event["subject"]]) // 7
        for event in history
        if event["type"] == "usage.recorded" and event["subject"] in newcomers
    )
    assert ages[0] < ages[2] / 1.5


def test_who_has_left_falls_silent(company: Company, history: History) -> None:
    left = {truth.account: truth.churned_at for truth in company.truth if truth.churned_at is not None}
    for event in history:
        gone = left.get(event["subject"])
        if gone is not None and event["type"] in {"usage.recorded", "meeting.updated", "outreach.sent"}:
            assert dt.datetime.fromisoformat(event["time"]) <= gone + dt.timedelta(days=1)


def test_names_are_distinct_and_awkward_and_addresses_belong_to_nobody(history: History) -> None:
    names = [event["data"]["name"] for event in history if event["type"] == "account.updated"]
    assert len(set(names)) == len(names)
    assert any("'" in name for name in names)
    assert any("🚀" in name for name in names)
    assert any("\u0590" < letter < "\u06ff" for name in names for letter in name)
    people = [event["data"] for event in history if event["type"] == "person.updated"]
    addresses = [person["email"] for person in people if "email" in person]
    assert all(address.isascii() and address.endswith(".example") for address in addresses)


def test_even_one_account_over_one_day_is_a_company() -> None:
    assert list(simulate(accounts=1, days=1, until=UNTIL).history())
