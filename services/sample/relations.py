"""What the CRM hears: meetings, outreach and replies, the sponsor, ratings, feedback, and surveys."""

from collections.abc import Sequence
from typing import Any

from services.sample.diary import DAY_S, Diary, iso
from services.sample.roster import Stay

FEEDBACK = 0.018
"""Pieces of feedback a day, of accounts of middling size."""
PRAISE = (
    "Our month close went from three days to one.",
    "The alerts caught it before we did. Lovely.",
    "Support is superb 👏",
)
REQUESTS = ("Could exports go straight to our bucket?", "Please add approval steps.", "A dark mode for the dashboards?")
GRIPES = ("The reports time out every Monday.", "We can't tell what changed after an import.", "Still no audit trail…")


def relations(diary: Diary, stays: Sequence[Stay]) -> None:
    """Everything between people, a day after the other."""
    for day in diary.days:
        strain = diary.fate.sees("relations", day)
        there = [stay for stay in stays if stay.first <= day < stay.last]
        _sponsor(diary, day, strain, there)
        _nps(diary, day, strain, there)
        _ratings(diary, day, strain, there)
        if not diary.rests(day):
            _meeting(diary, day, strain, there)
            _outreach(diary, day, strain, there)
            _feedback(diary, day, strain, len(there))


def _is_turn(diary: Diary, day: int, every: int) -> bool:
    """True about every `every` working days; which ones is luck, so that all are not on the same day."""
    return every > 0 and diary.luck.random() < 1.4 / every


def _meeting(diary: Diary, day: int, strain: float, there: Sequence[Stay]) -> None:
    account = diary.fate.account
    if not account.archetype.meets or not _is_turn(diary, day, account.touch.meeting_every):
        return
    luck = diary.luck
    told, ahead = diary.at_work(day), luck.randint(3, 9)
    starts = diary.at_work(day + ahead) // 1800 * 1800
    about: dict[str, Any] = {
        "meeting_id": f"{diary.name}.m{day}",
        "kind": luck.choice(("check_in", "check_in", "training", "qbr")),
    }
    about["person_ids"] = [stay.person.id for stay in there[:6] if luck.random() < 0.7 - 0.4 * strain]
    status = "held" if luck.random() < 0.97 - 0.7 * strain else luck.choice(("missed", "missed", "cancelled"))
    diary.note("meeting.updated", told, **about, status="scheduled", starts_at=iso(starts))
    if day + ahead < diary.fate.left:
        diary.note("meeting.updated", starts + 3600, **about, status=status, starts_at=iso(starts))


def _outreach(diary: Diary, day: int, strain: float, there: Sequence[Stay]) -> None:
    if not there or not _is_turn(diary, day, diary.fate.account.touch.outreach_every):
        return
    luck, at = diary.luck, diary.at_work(day)
    person = luck.choice(there[:5]).person.id
    outreach = f"{diary.name}.o{day}"
    channel = luck.choice(("email", "email", "call", "in_app"))
    diary.note("outreach.sent", at, outreach_id=outreach, channel=channel, person_id=person)
    if luck.random() < 0.95 - 0.85 * strain:
        answered = at + int(luck.expovariate(1 / (DAY_S * (0.4 + 3 * strain)))) % (14 * DAY_S) + 300
        diary.note("reply.received", answered, reply_id=f"{outreach}.r", outreach_id=outreach, person_id=person)


def _sponsor(diary: Diary, day: int, strain: float, there: Sequence[Stay]) -> None:
    """Reviewed when the account enters and about every six weeks."""
    reviewed = diary.starts_on(day) or (day + diary.fate.account.number) % 42 == 0
    if not reviewed or not diary.fate.account.touch.meeting_every:
        return
    sponsor = next((stay.person.id for stay in there if stay.person.role == "executive_sponsor"), None)
    identified = sponsor is not None and (strain < 0.6 or diary.luck.random() < 0.5)
    engaged = identified and diary.luck.random() < 1.1 - 1.3 * strain
    known = {"person_id": sponsor} if identified else {}
    diary.note("sponsor.updated", diary.at_work(day), identified=identified, engaged=engaged, **known)


def _ratings(diary: Diary, day: int, strain: float, there: Sequence[Stay]) -> None:
    """The CSM rates the relationship with the first three people when the account enters, and every two months."""
    rated = diary.starts_on(day) or (day + 7 * diary.fate.account.number) % 60 == 0
    if not rated or not diary.fate.account.touch.meeting_every:
        return
    for stay in there[:3]:
        strength = min(max(round(diary.luck.gauss(4.7 - 3.6 * strain, 0.6)), 1), 5)
        diary.note("person.updated", diary.at_work(day), person_id=stay.person.id, relationship_strength=strength)


def _feedback(diary: Diary, day: int, strain: float, people: int) -> None:
    luck = diary.luck
    if luck.random() > FEEDBACK * (0.4 + people / 10):
        return
    feedback, at = f"{diary.name}.f{day}", diary.at_work(day)
    if luck.random() < 0.45 * (1 - strain):
        diary.note("feedback.given", at, feedback_id=feedback, kind="feature_request", text=luck.choice(REQUESTS))
        return
    gripes = luck.random() < 0.05 + 0.8 * strain
    words, sentiment = (luck.choice(GRIPES), "negative") if gripes else (luck.choice(PRAISE), "positive")
    diary.note("feedback.given", at, feedback_id=feedback, kind="product", sentiment=sentiment, text=words)


def _nps(diary: Diary, day: int, strain: float, there: Sequence[Stay]) -> None:
    """Asked once a quarter; some answer within the week."""
    if (day - diary.fate.joined) % 91 != 45:
        return
    luck = diary.luck
    for stay in there:
        if luck.random() < diary.fate.account.touch.survey_share:
            score = min(max(round(luck.gauss(9.7 - 8 * strain, 1.1)), 0), 10)
            about = {"survey_id": f"{stay.person.id}.nps{day}", "survey_type": "nps", "score": score}
            diary.note(
                "survey.response", diary.at_work(day + luck.randint(0, 6)), **about,
                respondent={"email": stay.person.email, "external_id": stay.person.id},
            )  # fmt: skip
