"""What holds of accounts, kind by kind of signal. Pure.

What a file reads is read of all accounts before the next file is, and once where several files read the same; of whom
there is nothing for a detector to look at, it is not asked.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from services.health.detectors.finding import Finding
from services.health.signal_files import SignalFile
from services.health.silence import Silence
from shared.facts import Facts


class Holding(NamedTuple):
    """Something that holds: what about, its rank in SEVERITIES, and the finding, or the degree of one that
    `SignalFile.told` makes: most of it has held before, so that it is not put into words yet."""

    about: str
    rank: int
    told: Finding | float


Holdings = Mapping[str, Sequence[Holding]]
"""Kind of signal → what holds of it; kinds of which nothing does are left out."""

NOTHING: Holdings = {}


class Seen(NamedTuple):
    """What files read of an account: its facts and the score that counts."""

    facts: Facts
    score: float | None


def holdings(files: Sequence[SignalFile], some: Sequence[Seen], silence: Silence, now: int) -> list[Holdings]:
    """What holds of each account at `now` (µs), swings of the score apart."""
    held: list[dict[str, list[Holding]]] = [{} for _ in some]
    known: dict[tuple[str, int], list[float | None]] = {}
    having: dict[Callable[[Facts], object], list[int]] = {}
    for file in files:
        until = file.until(silence, now)
        if file.reads is not None:
            same = (file.what, until)
            if same not in known:
                known[same] = [file.value(facts, score, until) for facts, score in some]
            _add_degrees(file, known[same], some, until, held)
        elif file.detector is not None:
            if file.looks_at not in having:
                having[file.looks_at] = [i for i, one in enumerate(some) if file.looks_at(one.facts)]
            _add_findings(file, having[file.looks_at], some, until, held)
    return list(held)


def graded(file: SignalFile, findings: Sequence[Finding]) -> list[Holding]:
    """Those findings that are of any severity."""
    ranked = [(file.severity(finding.degree), finding) for finding in findings]
    return [Holding(finding.about, rank, finding) for rank, finding in ranked if rank is not None]


def _add_degrees(
    file: SignalFile, degrees: Sequence[float | None], some: Sequence[Seen], until: int,
    held: Sequence[dict[str, list[Holding]]],
) -> None:  # fmt: skip
    name, severity, holds_alone = file.name, file.severity, not file.also
    for i, degree in enumerate(degrees):
        if degree is None or (rank := severity(degree)) is None:
            continue
        if holds_alone or file.all_else_holds(*some[i], until):
            held[i][name] = [Holding("", rank, degree)]


def _add_findings(
    file: SignalFile, places: Sequence[int], some: Sequence[Seen], until: int, held: Sequence[dict[str, list[Holding]]]
) -> None:
    find = file.find
    for i in places:
        findings = graded(file, list(find(*some[i], until)))
        if findings:
            held[i][file.name] = findings
