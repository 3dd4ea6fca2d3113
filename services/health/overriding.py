"""A person says what a score counts as, and takes it back: the account is assessed in the same transaction, so that
whoever wrote it reads what it did."""

import datetime as dt

from services.health import overrides
from services.health.force import InForce
from services.health.handle import assess_all
from services.health.overrides import MOST_DAYS, Override
from services.health.present import Present
from services.health.rules import Subject
from services.health.store import overrides as store
from services.health.store import scores
from shared.clock import to_us
from shared.database import Writing
from shared.errors import Conflict, Invalid


async def set_override(  # noqa: PLR0917
    tx: Writing, rules: InForce, account: int, value: int, reason: str, until: dt.datetime, by: str, now: dt.datetime
) -> Override:
    """The value counts from now on, until the instant; one that was in force ends. Saying the same again changes
    nothing. Raises Invalid for a value or expiry out of bounds, or without a reason; Conflict for an account without a
    score."""
    if not 0 <= value <= 100:
        raise Invalid(f"{value} is no score", "a score is a whole number from 0 to 100")
    if not reason.strip():
        raise Invalid("an override needs a reason", "say in a sentence what you know and the model does not")
    if not now < until <= now + dt.timedelta(MOST_DAYS):
        raise Invalid("an override ends after now and within 180 days", "set it anew when it still holds then")
    before = await _locked(tx, account)
    standing = overrides.in_force([overrides.decode(before.override)], to_us(now))
    wanted = overrides.override_of(account, value, by, reason, to_us(now), to_us(until))
    if standing is not None and _says(standing) == _says(wanted):
        return standing
    await store.end(tx, [account], f"{by} set another", now)
    await store.add(tx, account, wanted)
    await _assess(tx, rules, before, overrides.encode(wanted), now)
    return wanted


async def end_override(tx: Writing, rules: InForce, account: int, by: str, now: dt.datetime) -> bool:
    """What is computed counts again. False where no override was in force."""
    before = await _locked(tx, account)
    if overrides.in_force([overrides.decode(before.override)], to_us(now)) is None:
        return False
    await store.end(tx, [account], f"{by} ended it", now)
    await _assess(tx, rules, before, b"", now)
    return True


def _says(override: Override) -> tuple[int, str, str, int]:
    return override.value, override.author, override.reason, override.until


async def _locked(tx: Writing, account: int) -> Present:
    found = await scores.lock(tx, [account])
    if not found:
        raise Conflict(
            "This account has no score.", "It has one from its first assessment on, until its source deletes it."
        )
    return found[0]


async def _assess(tx: Writing, rules: InForce, before: Present, chosen: bytes, now: dt.datetime) -> None:
    facts = await scores.facts_assessed(tx, [before.account_id])
    subject = Subject(before.account_id, before, facts[before.account_id], before.facts_version, chosen=chosen)
    await assess_all(tx, await rules.hold(tx, now), [subject], now)
