"""What is in force: the model of each segment, the segments, what closes record. And one account judged by it. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import NamedTuple

from services.health.assess import Assessment, Context, Quartiles, assess, reassess
from services.health.assess import decode as decode_assessment
from services.health.columns import Column, Columns, registered
from services.health.configuration import Configuration, problems
from services.health.model import Model
from services.health.overrides import Override, counting, in_force
from services.health.overrides import decode as decode_override
from services.health.overrides import encode as encode_override
from services.health.place import Layout, Place, differs, place_of, standing
from services.health.pools import Pool
from services.health.present import Present, Span
from services.health.segments import Scheme, segment_of
from services.health.signal_files import SignalFile
from services.health.silence import NO_SILENCE, Silence
from services.health.teams import Team
from services.health.watched import Signals
from shared.clock import to_us
from shared.errors import Invalid
from shared.facts import Facts, decode
from shared.fold.areas import ACTIVITY, EVERYTHING

References = Mapping[str, Mapping[str, Quartiles]]
"""Segment → column → how it is distributed over the segment's accounts."""


@dataclass(frozen=True)
class Rules:
    """The models in force and those in their shadow, by segment; how accounts are sorted, placed and shared out; the
    columns that closes record; the signals that are watched for.
    `models` are all that ever were in force, by `name@version`: history names them."""

    in_force: Mapping[str, Model]
    scheme: Scheme
    shadow: Mapping[str, Model] = field(default_factory=dict)
    models: Mapping[str, Model] = field(default_factory=dict)
    columns: Columns = field(default_factory=Columns)
    revision: int = 0
    silence: Silence = NO_SILENCE
    signals: Signals = field(default_factory=Signals)
    tier: Scheme = field(kw_only=True)
    layout: Layout = field(kw_only=True)
    pools: tuple[Pool, ...] = field(kw_only=True)
    teams: tuple[Team, ...] = ()

    @classmethod
    def of(
        cls, whole: Configuration, *, known: Iterable[Model] = (), columns: Columns | None = None, revision: int = 0
    ) -> "Rules":
        """The rules that a configuration comes to; without `columns`, with those that it asks for. `known`: models that
        were in force before. Raises Invalid where its documents do not fit together."""
        wrong = problems(whole)
        if wrong:
            raise Invalid("; ".join(wrong), "`steward config lint` says what is wrong")
        policy = whole.policy
        models = {model.key: model for model in [*whole.all(Model).values(), *known]}
        in_force, shadow = whole.models(policy.models), whole.models(policy.shadow)
        signals = Signals.of(whole.all(SignalFile).values())
        rules = cls(
            in_force, whole.scheme, shadow, models, columns or Columns(), revision, signals=signals, tier=whole.tier,
            layout=whole.layout, pools=tuple(whole.all(Pool).values()), teams=tuple(whole.all(Team).values()),
        )  # fmt: skip
        return rules if columns is not None else rules.with_columns(Columns(tuple(dict.fromkeys(rules.wanted()))))

    def with_columns(self, columns: Columns) -> "Rules":
        """These rules, recording other columns."""
        return replace(self, columns=columns)

    def hearing(self, silence: Silence) -> "Rules":
        """These rules while some sources are silent."""
        return replace(self, silence=silence)

    def wanted(self) -> list[Column]:
        """The columns that closes should record: every registered measure, and all that the models read."""
        read = (one.column for model in [*self.in_force.values(), *self.shadow.values()] for one in model.read)
        return [*registered(), *read]

    @cached_property
    def lacking(self) -> list[Column]:
        """Those of them that closes do not record yet."""
        return self.columns.missing(self.wanted())

    @cached_property
    def peer_places(self) -> Mapping[str, int]:
        """Column that is rated among peers → its place in a close."""
        models = [*self.in_force.values(), *self.shadow.values()]
        columns = {leaf.column for model in models for leaf in model.leaves if leaf.curve.peers}
        return {column.key: self.columns.places[column] for column in sorted(columns)}

    def model_of(self, segment: str) -> Model:
        """The model that scores a segment."""
        return self.in_force[segment]

    @cached_property
    def model_places(self) -> Mapping[str, tuple[int, ...] | None]:
        """Segment → where the columns have the values of its model; None while one is not recorded yet."""
        known = self.columns.places
        found = {name: [known.get(one.column) for one in model.read] for name, model in self.in_force.items()}
        return {
            name: None if None in places else tuple(place for place in places if place is not None)
            for name, places in found.items()
        }

    def assess(
        self, facts: Facts, references: References, now: int, *, segment: str | None = None, model: Model | None = None
    ) -> Assessment:
        """The assessment at `now` (µs) against the peers of the segment; by the segment's model, or another."""
        segment = segment or segment_of(facts, now, self.scheme)
        return assess(
            model or self.in_force[segment], facts, Context(references.get(segment, {}), segment, self.silence), now
        )


class Subject(NamedTuple):
    """An account to be assessed: what stands, if anything, and the facts to assess. `imported`: they are history
    that was just imported, so that nothing of the change is live. `told`: by which versions it was told of, where that
    is not all since what stands. `chosen`: the override that a person has just set, empty for none, where that is not
    what stands. `changed`: the areas of the facts that can have changed since, as bits."""

    account: int
    before: Present | None
    facts: bytes
    version: int
    imported: bool = False
    told: tuple[Span, ...] = ()
    chosen: bytes | None = None
    changed: int = EVERYTHING

    @property
    def spans(self) -> tuple[Span, ...]:
        """The versions that told of what is new."""
        if self.told or self.before is None or self.aged_only or self.imported:
            return self.told
        return (Span(self.account, self.before.facts_version, self.version),)

    @property
    def override(self) -> Override | None:
        """What a person has set last, whether it still is in force or not."""
        standing = self.before.override if self.before else b""
        return decode_override(standing if self.chosen is None else self.chosen)

    @property
    def aged_only(self) -> bool:
        """Whether the facts are those that were assessed before."""
        return self.before is not None and self.before.facts_version == self.version

    @property
    def waits(self) -> bool:
        """Whether a band waits out its dwell."""
        return self.before is not None and self.before.pending_band is not None


class Judged(NamedTuple):
    """A subject with its facts in memory, its model and its new assessment."""

    subject: Subject
    facts: Facts
    model: Model
    after: Assessment
    moved: bool
    """Whether anything of the score has changed: its points, model, segment or band; true of a first score."""
    place: Place
    shifted: bool
    """Whether anything of the place has changed; true of a first score."""
    override: Override | None = None
    """The one in force, by which `after` has its score and band."""
    beside: Assessment | None = None
    """What is computed, where an override is in force."""
    then: Assessment | None = None
    """What stood, where only what changed since was read again."""

    @property
    def computed(self) -> Assessment:
        """The assessment as the model computes it, whatever a person has set."""
        return self.after if self.beside is None else self.beside

    @property
    def overridden(self) -> bool:
        """Whether what a person has set begins or ends to count."""
        before = self.subject.before
        return before is not None and before.override != encode_override(self.override)

    @property
    def turns(self) -> bool:
        """Whether the account has another segment, size or stage than before, and not by an import."""
        before = self.subject.before
        if before is None or before.stage is None or self.subject.imported:
            return False
        place = self.place
        return (before.segment, before.size, before.stage) != (self.after.segment, place.size, place.stage)

    @property
    def rebase(self) -> str | None:
        """Why the episode is set anew and nothing starts: first, import, segment or model. None: it is live."""
        before = self.subject.before
        if before is None:
            return "first"
        if self.subject.imported:
            return "import"
        if before.segment != self.after.segment:
            return "segment"
        return "model" if before.model != self.after.model else None


def judge(rules: Rules, subject: Subject, references: References, now: int) -> Judged:
    """The subject, assessed at `now` (µs). What did not change since the assessment before, is not due by itself and
    rests on no silence, is taken from there."""
    facts, before, layout = decode(subject.facts), subject.before, rules.layout
    then = _holding(rules, subject, now)
    stands = standing(before) if before is not None and then is not None and not subject.changed & ~ACTIVITY else None
    segment = before.segment if stands and before else segment_of(facts, now, rules.scheme)
    model = rules.model_of(segment)
    if then is None or then.model != model.key or then.segment != segment:
        then, computed = None, rules.assess(facts, references, now, segment=segment)
    else:
        context = Context(references.get(segment, {}), segment)
        computed = reassess(model, then, facts, context, now, changed=subject.changed)
    override = in_force([subject.override], now)
    after = counting(computed, model, override)
    place = stands or place_of(layout, facts, segment, before, now, aged=subject.aged_only)
    moved = before is None or _differs(before, after, override)
    shifted = before is None or (stands is None and differs(before, place, layout))
    return Judged(subject, facts, model, after, moved, place, shifted, override, computed if override else None, then)


def _holding(rules: Rules, subject: Subject, now: int) -> Assessment | None:
    """The assessment that stands, where it still says what the unchanged part of the facts is worth."""
    before = subject.before
    if before is None or subject.changed == EVERYTHING or rules.silence.since or to_us(before.next_due) <= now:
        return None
    if before.placed_by != rules.layout.digest:
        return None
    then = decode_assessment(before.assessment)
    return None if then.stale else then


def _differs(before: Present, after: Assessment, override: Override | None) -> bool:
    return (
        before.raw != bounded(after)
        or before.score != after.score
        or before.band != after.band
        or before.segment != after.segment
        or before.model != after.model
        or before.override != encode_override(override)
    )


def bounded(assessment: Assessment) -> int | None:
    """The score before rounding, after the exception, in millionths of a point; None when unknown."""
    return None if assessment.raw is None else assessment.raw + assessment.exception_points
