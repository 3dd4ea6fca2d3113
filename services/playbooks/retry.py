"""Whether and when a delivery is tried again: a decision, nobody waits here. Pure."""

import datetime as dt
from email.utils import parsedate_to_datetime
from typing import Literal, NamedTuple
from uuid import UUID

from shared.outbound import Answer, NoAnswer

WAITS_S = (5, 30, 120, 600, 1_800, 7_200, 18_000, 36_000)
"""Seconds to wait after the first, second … attempt; after the ninth it has failed. 17.7 hours in all."""

LONGEST_WAIT_S = 36_000
MOST_ATTEMPTS = {429: 100}
"""Being asked to slow down is no failure: it may happen often before it is taken for one."""
_TRY_AGAIN = frozenset({408, 425, 429})


class Outcome(NamedTuple):
    """What an attempt comes to. `again_at` is set when it is to be tried again, which leaves it pending."""

    status: Literal["sent", "pending", "failed"]
    error: str | None = None
    again_at: dt.datetime | None = None


def decide(answer: Answer | NoAnswer, attempt: int, delivery: UUID, now: dt.datetime) -> Outcome:
    """2xx is sent. 408, 425, 429, 5xx and silence are tried again; other answers and forbidden places are final.
    `Retry-After` is heeded, up to ten hours; else the wait grows, with a jitter of a fifth by the delivery's id."""
    status, retry_after = (answer.status, answer.retry_after) if isinstance(answer, Answer) else (0, None)
    if 200 <= status < 300:
        return Outcome("sent")
    error, final = _judged(answer)
    if final or attempt > MOST_ATTEMPTS.get(status, len(WAITS_S)):
        return Outcome("failed", error)
    wait = WAITS_S[min(attempt, len(WAITS_S)) - 1] if status != 429 else WAITS_S[0]
    seconds = max(_asked(retry_after, now) or 0.0, wait * _jitter(delivery, attempt))
    return Outcome("pending", error, now + dt.timedelta(seconds=min(seconds, LONGEST_WAIT_S)))


def _judged(answer: Answer | NoAnswer) -> tuple[str, bool]:
    if isinstance(answer, NoAnswer):
        return answer.words, answer.final
    said = " ".join(answer.body[:200].decode("utf-8", "replace").replace("\x00", " ").split())
    error = f"answered {answer.status}" + (f": {said}" if said else "")
    return error, answer.status < 500 and answer.status not in _TRY_AGAIN


def _asked(retry_after: str | None, now: dt.datetime) -> float | None:
    """Seconds that `Retry-After` asks for: a number, or a date."""
    if retry_after is None:
        return None
    if retry_after.isascii() and retry_after.isdigit():
        return float(retry_after[:9])
    try:
        at = parsedate_to_datetime(retry_after)
    except (ValueError, TypeError):
        return None
    return (at.replace(tzinfo=at.tzinfo or dt.UTC) - now).total_seconds()


def _jitter(delivery: UUID, attempt: int) -> float:
    """0.8 to 1.2, the same for the same attempt."""
    return 0.8 + 0.4 * ((delivery.int >> (attempt % 16 * 8)) % 256) / 255
