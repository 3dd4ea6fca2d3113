"""What the product tells of an account beside its use: seats and storage, integrations, workflows, data, help."""

from collections.abc import Sequence

from services.sample.diary import Diary
from services.sample.money import subscription
from services.sample.roster import Stay

INTEGRATIONS = ("slack", "salesforce", "sso", "warehouse")
HELP = 0.004
"""Times a day that one person looks something up."""


def product(diary: Diary, stays: Sequence[Stay]) -> None:
    """A day after the other; the account's state is told when it enters and every thirty days."""
    for day in diary.days:
        strain = diary.fate.sees("usage", day)
        there = [stay for stay in stays if stay.first <= day < stay.last]
        if diary.starts_on(day):
            _integrations(diary, day)
        if diary.starts_on(day) or (day - diary.fate.joined) % 30 == 0:
            _state(diary, day, strain, len(there))
        if (day - diary.fate.joined) % 14 == 3 and there:
            _workflow(diary, day, strain, there)
        if diary.luck.random() < HELP * len(there) * (1 - 0.5 * strain):
            kind = diary.luck.choice(("article", "article", "guide", "chatbot"))
            diary.note("help.used", diary.at_work(day), kind=kind, person_id=diary.luck.choice(there).person.id)


def _integrations(diary: Diary, day: int) -> None:
    account = diary.fate.account
    few = 1 + (account.touch.meeting_every > 0)
    for name in diary.luck.sample(INTEGRATIONS, diary.luck.randint(0, few + 1)):
        diary.note("integration.updated", diary.midnight(day) + 1_000, integration=name, status="active")


def _state(diary: Diary, day: int, strain: float, people: int) -> None:
    luck, seats = diary.luck, subscription(diary.fate, diary.origin, day)["seats"]
    limit = 10 * seats
    used = round(min(limit, limit * (0.35 + 0.0007 * max(day - diary.fate.joined, 0)) * luck.uniform(0.9, 1.1)), 1)
    diary.note(
        "capacity.reported", diary.midnight(day) + 1_200, licensed_seats=seats, used_seats=people, storage_gb=used,
        storage_limit_gb=limit,
    )  # fmt: skip
    good = min(max(luck.gauss(92 - 35 * strain, 6), 0), 100)
    diary.note("data_quality.reported", diary.midnight(day) + 1_300, score=round(good, 1))


def _workflow(diary: Diary, day: int, strain: float, there: Sequence[Stay]) -> None:
    done = diary.luck.random() < 0.97 - 0.5 * strain
    person = diary.luck.choice(there).person.id
    diary.note("workflow.recorded", diary.at_work(day), workflow="close-month", completed=done, person_id=person)
