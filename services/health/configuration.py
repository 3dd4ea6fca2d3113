"""A whole configuration: every document that health reads, checked together, and compared with another. Pure."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple, TypeVar, cast
from zlib import crc32

from pydantic import BaseModel

from services.health.kinds import KINDS
from services.health.model import UNKNOWN, Model
from services.health.place import Layout
from services.health.policy import Policy
from services.health.pools import Pool
from services.health.segments import Scheme
from services.health.shipped import parsed
from services.health.signal_files import SignalFile
from services.health.stages import Lifecycle

Value = TypeVar("Value", bound=BaseModel)


class Key(NamedTuple):
    """What a document is called: its kind, which is its folder, and its name."""

    kind: str
    name: str


class Document(NamedTuple):
    """A document with where it came from. Equal contents have equal digests, however the file is laid out."""

    key: Key
    where: str
    value: BaseModel

    @property
    def content(self) -> dict[str, Any]:
        """What it says, as JSON can hold it; what it leaves to defaults is left out."""
        return self.value.model_dump(mode="json", exclude_defaults=True)

    @property
    def text(self) -> str:
        """The content as JSON, always in one order."""
        return json.dumps(self.content, sort_keys=True, ensure_ascii=False)

    @property
    def digest(self) -> bytes:
        """Sixteen bytes that stand for the content."""
        return hashlib.blake2b(f"{self.key.kind}\n{self.text}".encode(), digest_size=16).digest()


@dataclass(frozen=True)
class Configuration:
    """All documents by key."""

    documents: Mapping[Key, Document]

    def all(self, kind: type[Value]) -> dict[str, Value]:
        """The documents of a type, by name."""
        return {key.name: found.value for key, found in self.documents.items() if isinstance(found.value, kind)}

    @cached_property
    def policy(self) -> Policy:
        """The policy."""
        return cast(Policy, self.documents[Key("policy", "policy")].value)

    @cached_property
    def scheme(self) -> Scheme:
        """The scheme whose segments pick the model."""
        return self.all(Scheme)[self.policy.segments]

    @cached_property
    def tier(self) -> Scheme:
        """The scheme by rank that gives tiers."""
        return self.all(Scheme)[self.policy.tier]

    @cached_property
    def layout(self) -> Layout:
        """The files by which accounts are placed beside their score."""
        names = (Key("segments", self.policy.size), Key("stages", self.policy.stages))
        told = b"".join(self.documents[name].digest for name in names)
        size, lifecycle = self.all(Scheme)[self.policy.size], self.all(Lifecycle)[self.policy.stages]
        return Layout(size, lifecycle, crc32(told) >> 1)

    def models(self, by_segment: Mapping[str, str]) -> dict[str, Model]:
        """Segment → the model of that name."""
        known = self.all(Model)
        return {segment: known[name] for segment, name in by_segment.items()}


def document(kind: str, where: str, content: Any) -> Document:
    """The content as a document of its kind. Raises Invalid, which names every place that is wrong."""
    value = parsed(KINDS[kind], where, content)
    return Document(Key(kind, cast(Any, value).name), where, value)


def configuration(found: Iterable[Document]) -> Configuration:
    """The documents together; of two with one key the later counts."""
    return Configuration({one.key: one for one in found})


# --- is it right? -------------------------------------------------------------------------------------


def problems(whole: Configuration) -> list[str]:
    """What is wrong between the documents, in words; nothing may be put in force before this is empty."""
    policy = whole.documents.get(Key("policy", "policy"))
    if policy is None:
        return ["there is no policy: policy/policy.yaml says what is in force"]
    return [*_unknown_names(whole), *_segments_without_model(whole), *_ranks_in_the_wrong_place(whole)]


def _unknown_names(whole: Configuration) -> Iterator[str]:
    policy, models, schemes = whole.policy, whole.all(Model), whole.all(Scheme)
    where = whole.documents[Key("policy", "policy")].where
    for scheme in sorted({policy.segments, policy.tier, policy.size} - schemes.keys()):
        yield f"{where}: there is no scheme {scheme!r}; there are {', '.join(sorted(schemes))}"
    if policy.stages not in whole.all(Lifecycle):
        yield f"{where}: there is no lifecycle {policy.stages!r}; there are {', '.join(sorted(whole.all(Lifecycle)))}"
    for name in sorted({*policy.models.values(), *policy.shadow.values()} - models.keys()):
        yield f"{where}: there is no model {name!r}; there are {', '.join(sorted(models))}"


def _segments_without_model(whole: Configuration) -> Iterator[str]:
    policy, scheme = whole.policy, whole.all(Scheme).get(whole.policy.segments)
    names = {segment.name for segment in scheme.segments} if scheme else set()
    if not scheme:
        return
    for name in sorted(names - policy.models.keys()):
        yield f"policy: no model scores the segment {name!r}; name one under `models`"
    for name in sorted((policy.models.keys() | policy.shadow.keys()) - names):
        yield f"policy: {scheme.name} has no segment {name!r}; it has {', '.join(sorted(names))}"


def _ranks_in_the_wrong_place(whole: Configuration) -> Iterator[str]:
    """By rank an account cannot be placed alone: tiers are ranked once a day, the others with each assessment."""
    policy, schemes = whole.policy, whole.all(Scheme)
    for place, name, by_rank in (("tier", policy.tier, True), ("size", policy.size, False),
                                 ("segments", policy.segments, False)):  # fmt: skip
        if name in schemes and (schemes[name].kind == "rank") is not by_rank:
            yield f"policy: {place} names {name}, which sorts by {schemes[name].kind}"


def misnamed_pools(whole: Configuration) -> Iterator[str]:
    """Pools that would wait for ever for a segment that there is not, of a configuration without problems. One without
    members takes nobody anyhow."""
    names = {segment.name for segment in whole.scheme.segments}
    for key, found in whole.documents.items():
        if isinstance(found.value, Pool) and found.value.members:
            for name in sorted(set(found.value.segments) - names):
                yield (
                    f"{found.where}: pool {key.name} takes the segment {name!r}, which {whole.scheme.name} has not; "
                    f"it has {', '.join(sorted(names))}"
                )


def known_names(whole: Configuration) -> dict[str, set[str]]:
    """Field of a condition → the names that this configuration gives it."""
    segments = {one.name for one in whole.scheme.segments}
    bands = {band.name for model in whole.models(whole.policy.models).values() for band in model.bands} | {UNKNOWN}
    return {
        "segment": segments,
        "served_as": segments,
        "tier": {one.name for one in whole.tier.segments},
        "size": {one.name for one in whole.layout.size.segments},
        "stage": {one.name for one in whole.layout.lifecycle.stages},
        **dict.fromkeys(("band", "episode_band", "from_band"), bands),
        "signal": set(whole.all(SignalFile)),
    }


def unversioned(whole: Configuration, known: Mapping[str, Model]) -> list[str]:
    """Models that say something else than their version has always said. `known`: those that were ever in force, by
    `name@version`. Scores name the version that made them, so a version never changes."""
    return [
        f"model {model.name} has changed and still says version {model.version}: raise its version"
        for model in whole.all(Model).values()
        if model.key in known and known[model.key] != model
    ]


# --- what is different? -------------------------------------------------------------------------------


class Difference(NamedTuple):
    """One place where a document changed: None where there was, or is, nothing."""

    key: Key
    place: str
    before: Any
    after: Any


def differences(before: Configuration, after: Configuration) -> list[Difference]:
    """Every place in which two configurations differ, by kind, name and place."""
    found = []
    for key in sorted(before.documents.keys() | after.documents.keys()):
        old, new = before.documents.get(key), after.documents.get(key)
        if old is None or new is None:
            found.append(Difference(key, "", old and "there", new and "there"))
        elif old.digest != new.digest:
            found += [Difference(key, *one) for one in places(old.content, new.content)]
    return found


def places(before: Any, after: Any, place: str = "") -> Iterator[tuple[str, Any, Any]]:
    """(place, before, after) of every difference between two contents."""
    if before == after:
        return
    old, new = parts(before), parts(after)
    if old is None or new is None:
        yield place, before, after
        return
    for name in [*old, *(name for name in new if name not in old)]:
        yield from places(old.get(name), new.get(name), f"{place}.{name}" if place else name)


def parts(content: Any) -> dict[str, Any] | None:
    """What a content is made of, by name: the parts of a list are called by what names them, else by number."""
    if isinstance(content, dict):
        return content
    if isinstance(content, list) and content and all(isinstance(one, dict) for one in content):
        return {_name(one, i): one for i, one in enumerate(content)}
    return None


def _name(one: Mapping[str, Any], i: int) -> str:
    return str(one.get("name") or one.get("measure") or one.get("id") or i)
