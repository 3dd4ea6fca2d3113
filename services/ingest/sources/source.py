"""What a source is: how its records read, and, where it comes by webhook, its door. Pure.

A source is one module with a `SOURCE` of this shape, named in `_MODULES` in `services/ingest/sources/__init__.py`.
The door verifies and wraps and understands nothing; `translate` understands, later, off the topic.
"""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import NamedTuple

from shared.broker import Record
from shared.contracts import Topic
from shared.facts import Event


class Options(NamedTuple):
    """What the installation's owner has settled for a source."""

    creates_accounts: bool = False
    """Whether an account of the source that is not known yet becomes one of ours."""
    zone: dt.tzinfo | None = None
    """The zone of times that come without an offset; without one such times are rejected."""
    template: Mapping[str, str] = MappingProxyType({})
    """Where a body that its sender has composed holds what we read, and what its words mean; see docs/sources.md."""
    owners: Mapping[str, str] = MappingProxyType({})
    """The source's ids of our own people → their e-mail addresses."""
    client: str | None = None
    """The name under which we write to the source: what it says that we did ourselves is no news."""
    namespace: str = "native"
    """Whose account ids the source sends where it has no accounts of its own: the company's own, or a CRM's."""


Translate = Callable[[Record, Options], Sequence[Event]]
"""A record's events. Raises Rejection, and nothing else. None of them: known, and of no use to us."""


class Posted(NamedTuple):
    """A webhook's request, as it came. Header names are in lower case; `url` is the public one, with its query."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes


class Wrapped(NamedTuple):
    """One record out of a webhook's body: the source's own id of it, its own id of the account where it names one,
    and the bytes that `translate` will read. The account is the record's key, so that its records stay in order;
    where none is named, `other` is: a person, a meeting."""

    id: str
    account: str | None
    value: bytes
    other: str | None = None


@dataclass(frozen=True)
class Door:
    """`POST /v1/webhooks/{name}`. Both raise `shared.errors.Malformed`, with a remedy."""

    secret: str
    """The setting that holds the secret: of this source alone, or `source_secrets`, which holds several by name."""
    verify: Callable[[Posted, str, dt.datetime], None]
    """Checks the signature on the exact bytes, in constant time, and its age, against the secret."""
    unwrap: Callable[[Posted], Sequence[Wrapped]]
    """Tells the body's records apart."""
    content_type: str = "application/json"
    """What the records are."""
    keeps_body: bool = False
    """Whether the first record carries the whole body: where one signature is over several records."""


@dataclass(frozen=True)
class Source:
    """A system that tells us things in its own language."""

    name: str
    """Its name, and the namespace of its account ids."""
    record: str
    """`ce_type` of its raw records."""
    topic: Topic
    translate: Translate
    door: Door | None = None
    may_create_accounts: bool = False
    """Whether `Options.creates_accounts` is a choice here: a CRM's companies always become accounts, and what knows
    no companies never makes any."""
    own_ids: frozenset[str] = frozenset()
    """Where in the JSON of its records stand ids that it gave itself, and never one that the company's own systems
    gave: dotted paths, on which lists are no steps."""
