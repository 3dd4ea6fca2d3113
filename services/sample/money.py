"""What billing says: the subscription and its changes, invoices paid in time and late, and leaving."""

from random import Random
from typing import Any

from services.sample.diary import BLOCK_DAYS, DAY_S, Diary, iso
from services.sample.fate import NEVER, Fate

PLANS = {"high_touch": "Enterprise", "low_touch": "Growth", "tech_touch": "Starter"}
NOTICE_GIVEN = 0.75
"""Share of those that leave with signs who say so beforehand."""


def money(diary: Diary, seed: int) -> None:
    """Billing's day after day, in the account's own currency."""
    fate, own = diary.fate, Random(f"{seed}/money/{diary.fate.account.number}")
    says_so = own.random() < NOTICE_GIVEN and not fate.silent
    wavers = _wavers_on(fate, own)
    for day in diary.days:
        _changes(diary, day)
        _invoice(diary, day, fate.sees("money", day))
        if day == fate.decided and says_so:
            _asks_to_leave(diary, day)
        if day == wavers:
            _asks_to_leave(diary, day)
            diary.note("cancel.withdrawn", diary.at_work(day + 12), subscription_id=_subscription_id(fate))
    if diary.first <= fate.left < diary.first + BLOCK_DAYS:
        _ends(diary, fate.left)


def price(fate: Fate, day: int) -> int:
    """The price of one interval on a day, in whole units of the currency."""
    yearly: float = fate.account.arr
    for moved, factor in fate.moves:
        yearly *= factor if moved <= day else 1.0
    return round(yearly if fate.account.interval == "year" else yearly / 12)


def subscription(fate: Fate, origin: int, day: int, **changed: Any) -> dict[str, Any]:
    """The present state of the account's one subscription."""
    account = fate.account
    term = _term(fate)
    began = fate.joined + (day - fate.joined) // term * term
    state = {
        "subscription_id": _subscription_id(fate),
        "status": "active",
        "plan": PLANS[account.touch.name],
        "amount": price(fate, day),
        "currency": account.place.currency,
        "interval": account.interval,
        "seats": max(round(len(account.people) * 1.2 * price(fate, day) / price(fate, -1)), 1),
        "started_at": iso(origin + fate.joined * DAY_S),
        "renews_at": iso(origin + (began + term) * DAY_S),
    }
    return state | changed


def _subscription_id(fate: Fate) -> str:
    return f"{fate.account.key}-sub"


def _term(fate: Fate) -> int:
    return 365 if fate.account.interval == "year" else 30


def _changes(diary: Diary, day: int) -> None:
    fate = diary.fate
    renews = (day - fate.joined) % _term(fate) == 0
    moves = any(day == moved for moved, _ in fate.moves)
    if diary.starts_on(day) or renews or moves:
        changed = {"cancel_at_period_end": True} if day >= fate.decided and not fate.silent else {}
        diary.note(
            "subscription.updated", diary.midnight(day) + 900, **subscription(fate, diary.origin, day, **changed)
        )


def _asks_to_leave(diary: Diary, day: int) -> None:
    reason = diary.luck.choice(diary.fate.account.archetype.reasons)
    diary.note("cancel.requested", diary.at_work(day), subscription_id=_subscription_id(diary.fate), reason=reason)


def _ends(diary: Diary, day: int) -> None:
    at = diary.midnight(day) + 1800
    changed = {"status": "cancelled", "ends_at": iso(at)}
    diary.note("subscription.updated", at, **subscription(diary.fate, diary.origin, day, **changed))


def _wavers_on(fate: Fate, own: Random) -> int:
    """Some that recover had asked to leave at their worst, and took it back."""
    asks = own.random() < 0.35 and fate.account.archetype.recovers and fate.left == NEVER
    return int(fate.strain.argmax()) if asks else NEVER


def _invoice(diary: Diary, day: int, strain: float) -> None:
    fate, luck = diary.fate, diary.luck
    every = 90 if fate.account.interval == "year" else 30
    if (day - fate.joined) % every:
        return
    issued, terms = diary.midnight(day) + 3600, 30 if every == 90 else 14
    due = issued + terms * DAY_S
    late = luck.random() < 0.02 + 0.65 * strain**1.5
    paid = due + luck.randint(2, 35) * DAY_S + 40_000 if late else due - luck.randint(1, 11) * DAY_S
    about = {
        "invoice_id": f"{fate.account.key}-inv{day}",
        "amount": round(price(fate, day) / (4 if every == 90 else 1)),
        "currency": fate.account.place.currency,
        "issued_at": iso(issued),
        "due_at": iso(due),
    }
    diary.note("invoice.updated", issued, **about, status="open")
    diary.note("invoice.updated", paid, **about, status="paid", paid_at=iso(paid))
