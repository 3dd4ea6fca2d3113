"""Who works at an account from when to when, and what the CRM hears of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from services.sample.cast import LEVELS, TITLES, Person
from services.sample.diary import Diary, iso
from services.sample.fate import NEVER, Fate

RAMP_DAYS = 45
"""A new account's people begin one after another over this many days."""
GROWTH_DAYS = 180


@dataclass(frozen=True)
class Stay:
    """A person's time at the account: from the first day on, up to and without the last."""

    person: Person
    first: int
    last: int


def roster(fate: Fate, seed: int) -> list[Stay]:
    """Everybody who ever works at the account, in the order of their ids."""
    luck = Random(f"{seed}/roster/{fate.account.number}")
    return [_stay(fate, number, luck) for number in range(len(fate.account.people))]


def _stay(fate: Fate, number: int, luck: Random) -> Stay:
    first = _arrival(fate, number)
    leaves = first + luck.randint(20, 1_200) if luck.random() < 0.25 else NEVER
    if number == 0 or fate.account.archetype.stays:
        leaves = fate.shaken
    return Stay(fate.account.people[number], first, leaves)


def _arrival(fate: Fate, number: int) -> int:
    people = len(fate.account.people)
    start = max(fate.joined, 0)
    if fate.account.archetype.joins:
        return start + max(number - 2, 0) * RAMP_DAYS // people
    if fate.account.archetype.growth > 0.2 and number >= 2 * people // 3:
        return start + (number - 2 * people // 3) * GROWTH_DAYS // (people - 2 * people // 3)
    return start


def comings_and_goings(diary: Diary, stays: Sequence[Stay]) -> None:
    """The account's own card, then its people: who is there, who comes, who leaves."""
    for day in diary.days:
        if diary.starts_on(day):
            _introduce(diary, day)
        for stay in stays:
            if stay.first == day:
                _arrives(diary, day, stay.person)
            if stay.last == day:
                diary.note("person.left", diary.at_work(day), person_id=stay.person.id)


def _introduce(diary: Diary, day: int) -> None:
    account = diary.fate.account
    since = diary.midnight(diary.fate.joined)
    diary.note(
        "account.updated",
        diary.midnight(day),
        name=account.name,
        domain=account.domain,
        industry=account.industry,
        region=account.place.region,
        country=account.place.country,
        time_zone=account.place.time_zone,
        employees=account.employees,
        owner=account.owner,
        stage="onboarding" if account.archetype.joins else "live",
        customer_since=iso(since)[:10],
    )


def _arrives(diary: Diary, day: int, person: Person) -> None:
    at = diary.midnight(day) + diary.luck.randint(60, 600)
    diary.note(
        "person.updated", at, person_id=person.id, name=person.name, email=person.email, title=TITLES[person.role],
        role=person.role, level=LEVELS[person.role],
    )  # fmt: skip
