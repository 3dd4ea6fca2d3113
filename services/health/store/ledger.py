"""Writes a ledger: a handful of statements for a batch, however many accounts it has."""

from services.health.ledger import Ledger
from services.health.store import record, scores
from shared import outbox
from shared.database import Writing


async def write(tx: Writing, ledger: Ledger) -> None:
    """Writes everything in the ledger. Crossings and signals leave through the outbox, once."""
    await _write_scores(tx, ledger)
    await record.add_history(tx, ledger.history)
    await record.add_changes(tx, ledger.changes)
    await record.close_episodes(tx, ledger.closing, ledger.now)
    await record.open_episodes(tx, ledger.opening)
    await record.suspend_episodes(tx, ledger.suspending, ledger.now)
    await record.suspend_episodes(tx, ledger.resuming, None)
    await record.add_crossings(tx, [row for row, _ in ledger.crossings])
    new = await record.add_signals(tx, [row for row, _ in ledger.signals])
    told = [record for _, record in ledger.crossings] + [record for row, record in ledger.signals if row.id in new]
    await outbox.put(tx, "health", told)


async def _write_scores(tx: Writing, ledger: Ledger) -> None:
    first = [pair for pair in ledger.scores if pair[1].before is None]
    moved = [pair for pair in ledger.scores if pair[1].before is not None]
    await scores.add(tx, [row for row, _ in first], [subject.facts for _, subject in first])
    for some in (moved, ledger.kept):
        new = [pair for pair in some if not pair[1].aged_only]
        await scores.change(tx, [row for row, _ in new], [subject.facts for _, subject in new])
        await scores.age(tx, [row for row, subject in some if subject.aged_only])
