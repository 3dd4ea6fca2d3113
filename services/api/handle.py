"""What people do through the API or the console: one use case behind both doors, in the caller's transaction."""

import datetime as dt
from uuid import UUID

from services.api import store
from services.api.queries.accounts import must_see
from services.api.queries.work import one_task
from services.api.roles import Caller
from services.api.schemas import OverrideChoice, OwnerChoice, RejectedChoice, Task
from services.health import overriding, owners
from services.health.force import InForce
from services.ingest import parked
from services.playbooks import handle as playbooks
from shared.database import Writing
from shared.errors import Conflict


async def complete_task(tx: Writing, caller: Caller, task_id: UUID, outcome: str, now: dt.datetime) -> Task:
    """The task, completed. Raises NotFound for one that the caller may not see, Conflict for a closed one."""
    await one_task(tx, caller, task_id)
    await playbooks.complete_task(tx, task_id, outcome, caller.name, now)
    await store.audit(tx, caller.name, "task.completed", str(task_id), now=now, detail={"outcome": outcome})
    return await one_task(tx, caller, task_id)


async def skip_task(tx: Writing, caller: Caller, task_id: UUID, reason: str, now: dt.datetime) -> Task:
    """The task, skipped for a reason. Raises as `complete_task`."""
    await one_task(tx, caller, task_id)
    await playbooks.skip_task(tx, task_id, reason, caller.name, now)
    await store.audit(tx, caller.name, "task.skipped", str(task_id), now=now, detail={"reason": reason})
    return await one_task(tx, caller, task_id)


async def choose_owner(tx: Writing, caller: Caller, account: int, choice: OwnerChoice, now: dt.datetime) -> None:
    """The account is that person's. Raises NotFound for one that the caller may not see."""
    await must_see(tx, caller, account)
    await owners.choose_owner(tx, account, choice.owner, caller.name, choice.reason, now)
    detail = {"owner": choice.owner, "reason": choice.reason}
    await store.audit(tx, caller.name, "owner.chosen", str(account), now=now, detail=detail)


async def forget_owner(tx: Writing, caller: Caller, account: int, now: dt.datetime) -> None:
    """Nobody's choice stands any more. Raises NotFound, and Conflict where nobody had chosen."""
    await must_see(tx, caller, account)
    if not await owners.forget_choice(tx, account, caller.name, now):
        raise Conflict("Nobody has chosen an owner for this account.")
    await store.audit(tx, caller.name, "owner.released", str(account), now=now, detail={})


async def set_override(  # noqa: PLR0917
    tx: Writing, caller: Caller, rules: InForce, account: int, choice: OverrideChoice, now: dt.datetime
) -> None:  # fmt: skip
    """The account's score counts as the caller says. Raises NotFound, Invalid, Conflict."""
    await must_see(tx, caller, account)
    made = await overriding.set_override(
        tx, rules, account, choice.value, choice.reason, choice.expires_at, caller.name, now
    )  # fmt: skip
    detail = {"override": str(made.id), "value": made.value, "expires_at": choice.expires_at.isoformat()}
    await store.audit(tx, caller.name, "override.set", str(account), now=now, detail=detail)


async def end_override(tx: Writing, caller: Caller, rules: InForce, account: int, now: dt.datetime) -> None:
    """What is computed counts again. Raises NotFound, and Conflict where no override is in force."""
    await must_see(tx, caller, account)
    if not await overriding.end_override(tx, rules, account, caller.name, now):
        raise Conflict("No override is in force for this account.")
    await store.audit(tx, caller.name, "override.ended", str(account), now=now, detail={})


async def replay_rejected(tx: Writing, caller: Caller, chosen: RejectedChoice, now: dt.datetime) -> int:
    """How many of the chosen records go back to their topic. Raises NotFound, Conflict."""
    if chosen.ids:
        sent = await parked.replay(tx, chosen.ids)
    else:
        sent = await parked.replay_parked(tx, chosen.source, chosen.reason)
    await store.audit(tx, caller.name, "rejected.replayed", _about(chosen), now=now, detail={"records": sent})
    return sent


async def discard_rejected(tx: Writing, caller: Caller, chosen: RejectedChoice, now: dt.datetime) -> int:
    """How many of the chosen records are given up. Raises NotFound, Conflict."""
    if chosen.ids:
        gone = await parked.discard(tx, chosen.ids)
    else:
        gone = await parked.discard_all(tx, chosen.source, chosen.reason)
    await store.audit(tx, caller.name, "rejected.discarded", _about(chosen), now=now, detail={"records": gone})
    return gone


def _about(chosen: RejectedChoice) -> str:
    return ", ".join(map(str, chosen.ids)) or f"{chosen.source or 'all sources'}: {chosen.reason or 'all reasons'}"
