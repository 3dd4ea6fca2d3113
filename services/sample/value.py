"""What accounts with a CSM agree on and get out of it: success plans, returns, the renewal; and whom else they see."""

from services.sample.diary import Diary

RIVALS = ("Globex", "Initech", "Hooli")
MENTIONS = 0.006
"""Chance a day that somebody speaks of a competitor, at a strain of 1."""
GOAL_DAYS = 240
"""A content account is at its goals after so long."""


def value(diary: Diary) -> None:
    """A day after the other."""
    account = diary.fate.account
    if not account.touch.meeting_every:
        return
    for day in diary.days:
        strain, age = diary.fate.sees("relations", day), day - diary.fate.joined
        if diary.starts_on(day) or (age > 0 and age % 60 == 0):
            _plan(diary, day, strain, age)
        if age > 0 and age % 90 == 0:
            _returns(diary, day, strain)
        if account.interval == "year" and age > 0 and age % 365 in {275, 335}:
            _renewal(diary, day, strain)
        if diary.luck.random() < MENTIONS * strain:
            said = {"mention_id": f"{diary.name}.x{day}", "competitor": diary.luck.choice(RIVALS)}
            diary.note("competitor.mentioned", diary.at_work(day), **said)


def _plan(diary: Diary, day: int, strain: float, age: int) -> None:
    done = min(age / GOAL_DAYS, 1.0) * (1 - 0.6 * strain)
    hours, people = round(40 * done * diary.luck.uniform(0.8, 1.1), 1), len(diary.fate.account.people)
    objectives = [
        {"objective_id": "hours", "name": "Hours saved a month", "baseline": 0, "target": 40, "actual": hours},
        {"objective_id": "close", "name": "Days to close the month", "baseline": 9, "target": 4,
         "actual": round(9 - 5 * min(done * diary.luck.uniform(0.8, 1.2), 1.0), 1)},
        {"objective_id": "people", "name": "People trained", "baseline": 0, "target": people,
         "actual": round(people * done)},
    ]  # fmt: skip
    diary.note(
        "success_plan.updated", diary.at_work(day), plan_id=f"{diary.fate.account.key}-plan", objectives=objectives
    )


def _returns(diary: Diary, day: int, strain: float) -> None:
    account = diary.fate.account
    actual = round(2 * account.arr * (1.15 - 0.9 * strain) * diary.luck.uniform(0.85, 1.15))
    diary.note(
        "roi.recorded", diary.at_work(day), roi_id=f"{account.key}-roi", name="Hours saved in operations",
        promised=2 * account.arr, actual=actual, currency=account.place.currency,
    )  # fmt: skip


def _renewal(diary: Diary, day: int, strain: float) -> None:
    """The CRM's deal for the renewal that lies ninety, then thirty days ahead."""
    account = diary.fate.account
    term = (day - diary.fate.joined) // 365
    likely = min(max(diary.luck.gauss(0.95 - 0.8 * strain, 0.06), 0.05), 0.99)
    diary.note(
        "opportunity.updated", diary.at_work(day), opportunity_id=f"{account.key}-renewal{term}", name="Renewal",
        kind="renewal", status="open", amount=account.arr, currency=account.place.currency,
        probability=round(likely, 2),
    )  # fmt: skip
