"""Raw records as a door wraps them, and what their sources make of them."""

import json
from collections.abc import Sequence
from typing import Any

import pytest

from services.ingest.sources import SOURCES, translate
from services.ingest.sources.source import Options, Source
from shared.broker import Partition, Record
from shared.errors import Reason, Rejection
from shared.facts import Event

RECEIVED = b"2026-11-22T10:00:00+00:00"


def source_named(name: str) -> Source:
    return next(source for source in SOURCES if source.name == name)


def raw(source: Source, body: Any, **headers: str) -> Record:
    """A body, as bytes or to be written as JSON, on its source's topic."""
    value = body if isinstance(body, bytes) else json.dumps(body).encode()
    told = {"ce_specversion": "1.0", "ce_source": source.name, "ce_type": source.record, **headers}
    named = [(name, text.encode()) for name, text in told.items()]
    return Record(Partition(source.topic, 0), 1, 0, None, value, [*named, ("steward_received_at", RECEIVED)])


def told(source: Source, body: Any, options: Options | None = None, **headers: str) -> Sequence[Event]:
    """The events of a body, by the way that all records go."""
    return translate(raw(source, body, **headers), {source.name: options} if options else None)


def refused(source: Source, body: Any, options: Options | None = None) -> Reason:
    """Why a body can never become events."""
    with pytest.raises(Rejection) as caught:
        told(source, body, options)
    return caught.value.reason


def fields(event: Event) -> dict[str, Any]:
    """What the event names, as it is stored."""
    named: dict[str, Any] = json.loads(event.raw)
    return named
