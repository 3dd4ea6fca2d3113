"""One module a source: each turns a record into the native events that it stands for. Pure.

Records of a system that does not speak native events carry its body raw, under a `ce_type` of their own. A new
source is one module and its name in `_MODULES`: its webhook, its translation and its name in lists follow from it.
"""

import zoneinfo
from collections.abc import Collection, Iterable, Mapping, Sequence
from importlib import import_module

from services.ingest.sources import native
from services.ingest.sources.source import Options, Source
from shared.broker import Record
from shared.errors import Invalid, Reason, Rejection
from shared.facts import Event
from shared.native import MOST_BYTES, event_id
from shared.settings import Settings

_MODULES = (
    "amplitude",
    "calendar",
    "delighted",
    "hubspot",
    "interactions",
    "intercom",
    "mixpanel",
    "salesforce",
    "segment",
    "stripe",
    "surveys",
    "zendesk",
)

SOURCES: tuple[Source, ...] = tuple(import_module(f"{__name__}.{name}").SOURCE for name in _MODULES)
"""Every source with a language of its own."""

SPEAKERS = frozenset(source.name for source in SOURCES)
"""Their names. Each knows people by ids of its own, whatever the ids of accounts that it sends."""

OWN_IDS: Mapping[str, frozenset[str]] = {source.name: source.own_ids for source in SOURCES}
"""Where in the records of each stand ids that it gave itself."""

UNKNOWN = "unknown"

_RAW: Mapping[bytes | None, Source] = {source.record.encode(): source for source in SOURCES}
_PLAIN = Options()
_FAULTS = (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError)

Settled = Mapping[str, Options]
"""What is settled for each source, by its name; a source that is not in it has the defaults."""


def settle(
    creates_accounts: Collection[str] = (),
    *,
    zones: Mapping[str, str] | None = None,
    templates: Mapping[str, Mapping[str, str]] | None = None,
    owners: Mapping[str, Mapping[str, str]] | None = None,
    clients: Mapping[str, str] | None = None,
    namespaces: Mapping[str, str] | None = None,
) -> Settled:
    """The options of the sources that the settings name, all by source; `zones` holds IANA names, of native sources
    too. Raises Invalid for an unknown zone, and for a name of no source that has such a choice."""
    zones, templates, owners, clients = zones or {}, templates or {}, owners or {}, clients or {}
    namespaces = namespaces or {}
    _check(creates_accounts, {source.name for source in SOURCES if source.may_create_accounts})
    _check((*templates, *owners, *clients, *namespaces), {source.name for source in SOURCES})
    return {
        name: Options(
            name in creates_accounts, _zone(name, zones.get(name)), templates.get(name, {}), owners.get(name, {}),
            clients.get(name), namespaces.get(name, native.NAMESPACE),
        )
        for name in {*creates_accounts, *zones, *templates, *owners, *clients, *namespaces}
    }  # fmt: skip


def settled_by(settings: Settings) -> Settled:
    """The options that the installation's settings give. Raises as `settle`."""
    return settle(
        settings.creates_accounts, zones=settings.source_zones, templates=settings.source_templates,
        owners=settings.source_owners, clients=settings.source_clients, namespaces=settings.source_namespaces,
    )  # fmt: skip


def event_ids(record: Record, settled: Settled) -> set[bytes]:
    """The ids that the record's events have or, where it cannot be translated, would have if it says its own."""
    headers = dict(record.headers)
    try:
        return {event.id for event in translate(record, settled, headers)}
    except Rejection:
        own = (headers.get("ce_id") or b"").decode("utf-8", "replace")
        return {event_id(source_of(record), own)} if own else set()


def translate(
    record: Record, settled: Settled | None = None, headers: Mapping[str, bytes] | None = None
) -> Sequence[Event]:
    """The events of a record of any source; none of them: known, and of no use to us. `headers` are the record's,
    where the caller has them as a mapping already. Raises Rejection, and nothing else."""
    if headers is None:
        headers = dict(record.headers)
    try:
        if len(record.value) > MOST_BYTES:
            raise Rejection(Reason.TOO_LARGE, f"{len(record.value)} bytes; at most {MOST_BYTES} are taken")
        source = _RAW.get(headers.get("ce_type"))
        if source is not None:
            return _by_source(source, record, settled or {})
        if native.is_structured(headers):
            return (native.from_structured(record, settled),)
        return (native.from_binary(record, headers, settled),)
    except _FAULTS as error:
        # Translation is pure: what went wrong will go wrong again. Parked, it can be replayed once we are mended.
        raise Rejection(Reason.INVALID_PAYLOAD, f"cannot be translated: {type(error).__name__}") from error


def source_of(record: Record) -> str:
    """The source of a record, for rejects and freshness: "unknown" where it does not say. Never raises."""
    headers = dict(record.headers)
    source = _RAW.get(headers.get("ce_type"))
    if source is not None:
        return source.name
    try:
        return native.source_in(record, headers)
    except Rejection:
        return UNKNOWN


def _by_source(source: Source, record: Record, settled: Settled) -> Sequence[Event]:
    if record.partition.topic != source.topic:
        raise Rejection(Reason.WRONG_TOPIC, f"{source.record} travels on {source.topic}")
    return source.translate(record, settled.get(source.name, _PLAIN))


def _check(named: Iterable[str], known: Collection[str]) -> None:
    for name in named:
        if name not in known:
            raise Invalid(
                f"There is no source {name!r} with such a setting.", f"Name one of {', '.join(sorted(known))}."
            )


def _zone(source: str, name: str | None) -> zoneinfo.ZoneInfo | None:
    try:
        return zoneinfo.ZoneInfo(name) if name is not None else None
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise Invalid(f"The zone {name!r} of {source} is unknown.", "Name an IANA zone, e.g. Europe/Berlin.") from error
