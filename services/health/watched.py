"""What is watched for, and what is kept between two looks."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from zlib import crc32

import msgspec

from services.health.signal_files import SignalFile
from services.health.swings import Range


@dataclass(frozen=True)
class Signals:
    """The kinds of signals in force."""

    files: tuple[SignalFile, ...] = ()

    @classmethod
    def of(cls, files: Iterable[SignalFile]) -> "Signals":
        """These files, by name."""
        return cls(tuple(sorted(files, key=lambda file: file.name)))

    @cached_property
    def digest(self) -> int:
        """A number that is another one once any file says something else."""
        return crc32(repr([file.digest for file in self.files]).encode())

    @cached_property
    def by_name(self) -> Mapping[str, SignalFile]:
        """Each by its name."""
        return {file.name: file for file in self.files}

    @cached_property
    def of_score(self) -> tuple[SignalFile, ...]:
        """Those that can begin or end because the score moved."""
        return tuple(file for file in self.files if file.reads_score)

    @cached_property
    def swings(self) -> tuple[SignalFile, ...]:
        """Those of swings of the score."""
        return tuple(file for file in self.files if file.swing)

    @cached_property
    def swinging(self) -> frozenset[str]:
        """Their names."""
        return frozenset(file.name for file in self.swings)

    @cached_property
    def windows(self) -> tuple[int, ...]:
        """The days that swings look back."""
        return tuple(sorted({file.window_days or 0 for file in self.swings}))


class Stay(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A signal of a kind, about something, that was noticed at a rank of SEVERITIES. `out`: the UTC day since which it
    does not hold."""

    kind: str
    about: str
    rank: int
    out: int | None = None


class Watch(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What is kept: by which files and facts we looked, how far the score can have swung, and the stays in order."""

    files: int
    told: int
    range: Range
    stays: tuple[Stay, ...] = ()
