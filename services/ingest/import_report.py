"""What became of the rows of a file: the sums that are printed, and a line for each row. Pure."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from services.ingest.nouns import Accepted
from services.ingest.reading import Row
from services.ingest.sources.files import Outcome


class Read(NamedTuple):
    """A row and what became of it."""

    row: Row
    outcome: Outcome


class RowEnd(NamedTuple):
    """One line of the row-level report: `outcome` is taken, skipped, rejected, or parked for a further event of a row
    that was taken; `reason` is of the closed list, or the mapping's own words for a skip."""

    line: int
    outcome: str
    reason: str = ""
    words: str = ""


@dataclass(frozen=True)
class FileReport:
    """What became of a file's rows: rows = taken + skipped + rejected. A taken row has one event or more, of which
    further ones may be parked. events + duplicates + unmatched = all events of taken rows; a dry run counts all as
    events. `resumed_after`: how many of the rows an import that was broken off had done; they count in all sums."""

    path: str
    rows: int = 0
    taken: int = 0
    skipped: Counter[str] = field(default_factory=Counter)
    rejected: Counter[str] = field(default_factory=Counter)
    parked: Counter[str] = field(default_factory=Counter)
    events: int = 0
    duplicates: int = 0
    unmatched: int = 0
    newly_parked: int = 0
    resumed_after: int = 0

    def after(self, read: Sequence[Read], accepted: Accepted, unchanged: int, newly_parked: int) -> "FileReport":
        """The report with a chunk added: what its rows came to, and what it left in the database."""
        taken = [outcome for _, outcome in read if outcome.skipped is None and outcome.rejected is None]
        return replace(
            self,
            rows=self.rows + len(read),
            taken=self.taken + len(taken),
            skipped=self.skipped + Counter(outcome.skipped for _, outcome in read if outcome.skipped is not None),
            rejected=self.rejected + Counter(str(o.rejected.rejection.reason) for _, o in read if o.rejected),
            parked=self.parked + Counter(f"{r.name}: {r.rejection.reason}" for _, o in read for r in o.parked),
            events=self.events + accepted.accepted,
            duplicates=self.duplicates + accepted.duplicates + unchanged,
            unmatched=self.unmatched + accepted.unmatched,
            newly_parked=self.newly_parked + newly_parked,
        )


def ends(read: Sequence[Read]) -> Iterator[RowEnd]:
    """The lines of the row-level report, in the file's order."""
    for row, outcome in read:
        if outcome.rejected is not None:
            rejection = outcome.rejected.rejection
            yield RowEnd(row.line, "rejected", rejection.reason, rejection.words)
        elif outcome.skipped is not None:
            yield RowEnd(row.line, "skipped", outcome.skipped)
        else:
            yield RowEnd(row.line, "taken")
        for refusal in outcome.parked:
            yield RowEnd(row.line, "parked", refusal.rejection.reason, f"{refusal.name}: {refusal.rejection.words}")
