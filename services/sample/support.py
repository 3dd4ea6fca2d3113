"""What support hears: tickets with mood, escalation and satisfaction, and the survey after a ticket."""

from typing import Any

from services.sample.diary import Diary, iso

SUBJECTS = (
    "Export stops at 10,000 rows", "Cannot invite a colleague", "Wrong totals after import", "API answers 429",
    "Alert came twice", "Dashboard is slow", "SSO loop on Safari", "How do I share a report?",
    "📱 app crashes at start", "Webhook signature?", "التقرير لا يفتح", "Rechnung mit falscher Adresse",
)  # fmt: skip


def support(diary: Diary) -> None:
    """Tickets, a day after the other."""
    for day in diary.days:
        strain = diary.fate.sees("support", day)
        if diary.luck.random() < _chance(diary, day, strain):
            _ticket(diary, day, strain)


def _chance(diary: Diary, day: int, strain: float) -> float:
    new = 2.0 if day - diary.fate.joined < 40 else 1.0
    quiet = 0.2 if diary.rests(day) else 1.0
    account = diary.fate.account
    mean: float = account.touch.tickets * account.archetype.level**0.5 * (0.7 + 1.8 * strain) * new * quiet
    return mean


def _ticket(diary: Diary, day: int, strain: float) -> None:
    luck, opened = diary.luck, diary.at_work(day)
    escalated = luck.random() < 0.02 + 0.15 * strain
    about: dict[str, Any] = {
        "ticket_id": f"{diary.name}.t{day}",
        "priority": "urgent" if escalated else luck.choice(("low", "normal", "normal", "high")),
        "subject": luck.choice(SUBJECTS),
        "sentiment": _sentiment(luck.random(), strain),
        "opened_at": iso(opened),
    }
    resolved = opened + int(luck.lognormvariate(0, 0.8) * (1 + 1.5 * strain) * 20 * 3600) % (30 * 86_400) + 600
    diary.note("ticket.updated", opened, **about, status="new", escalated=False)
    if escalated:
        diary.note("ticket.updated", opened + (resolved - opened) // 2, **about, status="open", escalated=True)
    _solve(diary, about, escalated, resolved, strain)


def _solve(diary: Diary, about: dict[str, Any], escalated: bool, resolved: int, strain: float) -> None:
    luck = diary.luck
    liked = min(max(round(luck.gauss(4.9 - 3.4 * strain, 0.6)), 1), 5)
    rated = {"satisfaction": liked} if luck.random() < 0.5 else {}
    diary.note(
        "ticket.updated", resolved, **about, **rated, status="solved", escalated=escalated, resolved_at=iso(resolved)
    )
    if luck.random() < 0.2:
        answer = {"survey_type": "csat", "score": liked, "scale_min": 1, "scale_max": 5}
        diary.note("survey.response", resolved + 7200, survey_id=f"{about['ticket_id']}.csat", **answer)


def _sentiment(drawn: float, strain: float) -> str:
    if drawn < 0.03 + 0.8 * strain:
        return "negative"
    return "positive" if drawn > 0.55 + 0.45 * strain else "neutral"
