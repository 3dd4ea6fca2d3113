"""Why an account is, or is not, in a playbook: every predicate with the value it meets now."""

import datetime as dt

from services.playbooks.definitions import Playbook, Trigger
from services.playbooks.occasions import Occasion, of_crossing, of_signal
from services.playbooks.store import accounts
from shared import contracts
from shared.conditions import Finding, closure, explain, parse
from shared.database import Reading
from shared.errors import NotFound
from shared.fields import Values


async def explain_enrolment(reading: Reading, account_id: int, playbook: Playbook, now: dt.datetime) -> list[Finding]:
    """Predicate, value and verdict of each trigger, on the crossing that opened the present episode and on the newest
    signal, of the segments and of `unless`. Raises NotFound for an unknown account."""
    row = (await accounts.readings(reading, [account_id], now)).get(account_id)
    if row is None:
        raise NotFound(f"there is no account {account_id}")
    values = accounts.values_of(row)
    occasions = await _occasions(reading, account_id)
    findings = [f for t in playbook.triggers for f in _of_trigger(t, occasions.get(t.kind), values)]
    if playbook.segments:
        served = values.get("served_as")
        findings.append(Finding(f"served as {' or '.join(playbook.segments)}", served, served in playbook.segments))
    if playbook.unless:
        left_alone = closure(parse(playbook.unless))(values)
        findings += [
            Finding(f"unless {found.predicate}", found.value, not left_alone)
            for found in explain(parse(playbook.unless), values)
        ]
    return findings


async def _occasions(reading: Reading, account_id: int) -> dict[str, Occasion]:
    crossing, signal = await accounts.latest_occasions(reading, account_id)
    found: dict[str, Occasion] = {}
    if crossing is not None:
        found["crossing"] = of_crossing(
            contracts.Crossing.model_validate(_told(dict(crossing)) | {"lower_bound": None})
        )
    if signal is not None:
        found["signal"] = of_signal(contracts.Signal.model_validate(_told(dict(signal)) | {"score": None}))
    return found


def _told(row: dict[str, object]) -> dict[str, object]:
    """The row as its contract names things; a crossing's causes and a signal's evidence are not read here."""
    named = {"crossing_id": str(row["id"]), "signal_id": str(row["id"]), "episode_id": str(row.get("episode_id"))}
    return {**row, **named, "causes": [], "evidence": []}


def _of_trigger(trigger: Trigger, occasion: Occasion | None, values: Values) -> list[Finding]:
    if occasion is None:
        return [Finding(f"a {trigger.kind} has been noticed", None, False)]
    findings = []
    if trigger.direction is not None:
        moved = occasion.direction == trigger.direction
        findings.append(Finding(f"the account moved {trigger.direction}", occasion.direction, moved))
    if trigger.when is not None:
        findings += explain(parse(trigger.when), {**values, **occasion.values})
    return findings
