"""Which rejected records a replay would park again, whenever it comes, and what to do instead. Pure."""

# ruff: noqa: PLC0415  # a command imports what it needs when it runs

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

_BY_ARRIVAL = "a replay is judged by the first arrival as well"
_SENT = {
    "too_old": f"too_old: {_BY_ARRIVAL} and parked again; import it as history (`steward import`), or discard it.",
    "too_far_ahead": f"too_far_ahead: {_BY_ARRIVAL} and parked again, also once the time has come; let it be sent "
    "again with the time at which it happened, or raise STEWARD_SKEW_HOURS (to 72 at most) and replay it.",
}
_IMPORTED = {
    "too_far_ahead": "too_far_ahead, of a file: nothing after --now is believed; import the file again with a later "
    "--now.",
}


def in_vain(rows: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """A line for each such reason among the records that are parked: rows with status, reason and topic."""
    from services.ingest.importing import TOPIC

    found = {(row["topic"] == TOPIC, row["reason"]) for row in rows if row["status"] == "parked"}
    for is_imported, reason in sorted(found):
        words = (_IMPORTED if is_imported else _SENT).get(reason)
        if words is not None:
            yield words
