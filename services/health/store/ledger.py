"""Writes a ledger: a handful of statements for a batch, however many accounts it has."""

from collections.abc import Sequence
from typing import TypeVar

from services.health.ledger import Ledger
from services.health.present import Kept, Moved, Present
from services.health.rules import Subject
from services.health.store import overrides, record, scores, shadows, transitions
from shared import outbox
from shared.database import Writing

Row = TypeVar("Row", Present, Moved, Kept)


async def write(tx: Writing, ledger: Ledger) -> None:
    """Writes everything in the ledger. Crossings, signals, transitions and overrides leave through the outbox, once."""
    await _write_scores(tx, ledger)
    await record.add_history(tx, ledger.history)
    await record.add_changes(tx, ledger.changes)
    await record.close_episodes(tx, ledger.closing, ledger.now)
    await record.open_episodes(tx, ledger.opening)
    await record.suspend_episodes(tx, ledger.suspending, ledger.now)
    await record.suspend_episodes(tx, ledger.resuming, None)
    await record.add_crossings(tx, [row for row, _ in ledger.crossings])
    await shadows.put(tx, ledger.shadows, ledger.now)
    new = await record.add_signals(tx, [row for row, _ in ledger.signals])
    await transitions.add(tx, [row for row, _ in ledger.transitions])
    await transitions.mark(tx, ledger.marks)
    await overrides.lapse(tx, ledger.lapsed)
    told = [*ledger.overrides, *(record for _, record in (*ledger.crossings, *ledger.transitions))]
    await outbox.put(tx, "health", told + [record for row, record in ledger.signals if row.id in new])


async def _write_scores(tx: Writing, ledger: Ledger) -> None:
    first = [pair for pair in ledger.scores if pair[1].before is None]
    others = [pair for pair in ledger.scores if pair[1].before is not None]
    await scores.add(tx, *_new(first))
    await scores.change(tx, *_new(others))
    await scores.age(tx, _aged(others))
    await scores.move(tx, *_new(ledger.moved), ledger.now, ledger.yesterday)
    await scores.move_aged(tx, _aged(ledger.moved), ledger.now, ledger.yesterday)
    await scores.keep(tx, *_new(ledger.kept), ledger.now, ledger.yesterday)
    await scores.keep_aged(tx, _aged(ledger.kept), ledger.now, ledger.yesterday)


def _new(pairs: Sequence[tuple[Row, Subject]]) -> tuple[list[Row], list[bytes]]:
    """The rows whose facts are new, and the facts."""
    return (
        [row for row, subject in pairs if not subject.aged_only],
        [subject.facts for _, subject in pairs if not subject.aged_only],
    )


def _aged(pairs: Sequence[tuple[Row, Subject]]) -> list[Row]:
    """The rows whose facts are those that were assessed before."""
    return [row for row, subject in pairs if subject.aged_only]
