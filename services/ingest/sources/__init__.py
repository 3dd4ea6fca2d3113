"""One module a source: each turns a record into the native events that it stands for. Pure.

Records of a system that does not speak native events carry its body raw, under a `ce_type` of `_RAW`: a new
source is one module and one line there.
"""

from collections.abc import Callable, Collection, Mapping, Sequence

from services.ingest.sources import native, stripe
from shared.broker import Record
from shared.contracts import STRIPE_RECORD
from shared.errors import Reason, Rejection
from shared.facts import Event
from shared.native import MOST_BYTES

Translate = Callable[[Record], Sequence[Event]]
"""A record's events. Raises Rejection, and nothing else. None of them: known, and of no use to us."""

UNKNOWN = "unknown"

_RAW: dict[bytes | None, tuple[str, Callable[[Record, bool], Sequence[Event]]]] = {
    STRIPE_RECORD.encode(): (stripe.SOURCE, stripe.translate_stripe),
}
"""`ce_type` of a raw record → its source, and how to read it (told whether the source may create accounts)."""

_FAULTS = (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError)


def translate(
    record: Record, creates_accounts: Collection[str] = (), headers: Mapping[str, bytes] | None = None
) -> Sequence[Event]:
    """The events of a record of any source. `creates_accounts` names the sources whose customers become accounts;
    `headers` are the record's, where the caller has them as a mapping already. Raises Rejection, and nothing else."""
    if headers is None:
        headers = dict(record.headers)
    try:
        if len(record.value) > MOST_BYTES:
            raise Rejection(Reason.TOO_LARGE, f"{len(record.value)} bytes; at most {MOST_BYTES} are taken")
        raw = _RAW.get(headers.get("ce_type"))
        if raw is not None:
            return raw[1](record, raw[0] in creates_accounts)
        if native.is_structured(headers):
            return (native.from_structured(record),)
        return (native.from_binary(record, headers),)
    except _FAULTS as error:
        # Translation is pure: what went wrong will go wrong again. Parked, it can be replayed once we are mended.
        raise Rejection(Reason.INVALID_PAYLOAD, f"cannot be translated: {type(error).__name__}") from error


def source_of(record: Record) -> str:
    """The source of a record, for rejects and freshness: "unknown" where it does not say. Never raises."""
    headers = dict(record.headers)
    raw = _RAW.get(headers.get("ce_type"))
    if raw is not None:
        return raw[0]
    try:
        return native.source_in(record, headers)
    except Rejection:
        return UNKNOWN
