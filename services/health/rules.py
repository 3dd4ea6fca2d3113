"""What is in force: the models, the one that scores, the segments. And the assessment of one account by it. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from services.health.assess import Assessment, Context, Quartiles, assess
from services.health.model import Model, load_models
from services.health.present import Present
from services.health.segments import Scheme, load_segments, segment_of
from shared.errors import Invalid
from shared.facts import Facts, decode

References = Mapping[str, Mapping[str, Quartiles]]
"""Segment → measure → how it is distributed over the segment's accounts."""


@dataclass(frozen=True)
class Rules:
    """All models by their key, the one in force, and the segments."""

    models: Mapping[str, Model]
    model: Model
    scheme: Scheme

    @classmethod
    def load(cls, config_dir: Path | None, in_force: str = "hm-2", scheme: str = "seg-4") -> "Rules":
        """The rules out of their files. Raises Invalid for a model or scheme that does not exist."""
        models, schemes = load_models(config_dir), load_segments(config_dir)
        if in_force not in models or scheme not in schemes:
            raise Invalid(f"there is no model {in_force!r} with segments {scheme!r}", f"models: {', '.join(models)}")
        return cls({model.key: model for model in models.values()}, models[in_force], schemes[scheme])

    def assess(self, facts: Facts, references: References, now: int, model: Model | None = None) -> Assessment:
        """The assessment at `now` (µs) against the peers of the segment; by the model in force, or another."""
        peers = references.get(segment_of(facts, now, self.scheme), {}) if references else {}
        return assess(model or self.model, facts, Context(peers, self.scheme), now)


class Subject(NamedTuple):
    """An account to be assessed: what stands, if anything, and the facts to assess. `imported`: they are history
    that was just imported, so that nothing of the change is live."""

    account: int
    before: Present | None
    facts: bytes
    version: int
    imported: bool = False

    @property
    def aged_only(self) -> bool:
        """Whether the facts are those that were assessed before."""
        return self.before is not None and self.before.facts_version == self.version

    @property
    def waits(self) -> bool:
        """Whether a band waits out its dwell."""
        return self.before is not None and self.before.pending_band is not None


class Judged(NamedTuple):
    """A subject with its facts in memory and its new assessment."""

    subject: Subject
    facts: Facts
    after: Assessment
    moved: bool
    """Whether anything of the score has changed: its points, model, segment or band; true of a first score."""

    @property
    def rebase(self) -> str | None:
        """Why the episode is set anew and nothing starts: first, import, model or segment. None: it is live."""
        before = self.subject.before
        if before is None:
            return "first"
        if self.subject.imported:
            return "import"
        if before.model != self.after.model:
            return "model"
        return "segment" if before.segment != self.after.segment else None


def judge(rules: Rules, subject: Subject, references: References, now: int) -> Judged:
    """The subject, assessed at `now` (µs)."""
    facts = decode(subject.facts)
    after = rules.assess(facts, references, now)
    return Judged(subject, facts, after, subject.before is None or _differs(subject.before, after))


def _differs(before: Present, after: Assessment) -> bool:
    return (
        before.raw != bounded(after)
        or before.score != after.score
        or before.band != after.band
        or before.segment != after.segment
        or before.model != after.model
    )


def bounded(assessment: Assessment) -> int | None:
    """The score before rounding, after the exception, in millionths of a point; None when unknown."""
    return None if assessment.raw is None else assessment.raw + assessment.exception_points
