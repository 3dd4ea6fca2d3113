"""Lines of files that are records in a source's own language, read by the translation that reads live ones. Pure."""

from services.ingest.sources import SOURCES, translate
from services.ingest.sources.cells import Export
from services.ingest.sources.files import Mapped, Outcome, Refusal, not_ahead
from services.ingest.sources.mapping import Mapping
from services.ingest.sources.source import Options, Source
from shared.broker import Partition, Record
from shared.errors import Invalid, Rejection
from shared.facts import Event

OF_NO_USE = "of a type that is of no use"


def check_records(mapping: Mapping) -> None:
    """Raises Invalid where `records` names no source, or another than the mapping's own."""
    known = {source.name for source in SOURCES}
    for file in mapping.files:
        if file.records is not None and file.records not in known:
            words = f"{file.path}: there is no source {file.records!r} whose records could be read"
            raise Invalid(words, f"name one of {', '.join(sorted(known))}")
        if file.records is not None and file.records != mapping.source:
            words = f"{file.path}: its events will be of source {file.records}, and the mapping's is {mapping.source}"
            raise Invalid(words, f"say `source: {file.records}`")


def line_to_events(records: str, line: int, text: str, export: Export) -> Outcome:
    """What becomes of a line. Its events have the ids that they have when they come live; nothing later than the
    export is believed."""
    source = next(source for source in SOURCES if source.name == records)
    events: tuple[Event, ...] = ()
    try:
        options = Options(zone=export.zone, namespace=export.namespace)
        events = tuple(translate(_record(source, line, text), {source.name: options}))
        for event in events:
            not_ahead(event.occurred_at, export)
    except Rejection as rejection:
        return Outcome(rejected=Refusal("row", events[0].id.hex() if events else None, rejection))
    if not events:
        return Outcome(skipped=OF_NO_USE)
    return Outcome(tuple(Mapped(event, event.id.hex(), None) for event in events))


def _record(source: Source, line: int, text: str) -> Record:
    headers = [
        ("ce_specversion", b"1.0"), ("ce_id", str(line).encode()), ("ce_source", source.name.encode()),
        ("ce_type", source.record.encode()), ("content-type", b"application/json"),
    ]  # fmt: skip
    return Record(Partition(source.topic, 0), line, 0, None, text.strip().encode(), headers)
