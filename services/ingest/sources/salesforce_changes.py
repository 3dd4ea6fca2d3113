"""What we read of Salesforce's change events: their header, and which fields they tell. Pure. FORMATS 5.4.

A change arrives decoded, as it is or inside what a relay wraps around it (`payload`, `data`, `detail`).
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from services.ingest.sources.drafts import read
from shared.errors import Reason, Rejection
from shared.native import printable

_WRAPPINGS = ("payload", "data", "detail", "event")
_MOST_WRAPPINGS = 4
_BITMAP = re.compile(r"(?:\d+-)?0x[0-9A-Fa-f]*")
_COMMITS, _STEPS = 1 << 42, 1 << 20


class Header(msgspec.Struct, frozen=True):
    """`ChangeEventHeader`. Strict about the fields that it names, indifferent to all others."""

    entityName: str  # noqa: N815  Salesforce's own names, as they are
    changeType: str  # noqa: N815
    recordIds: list[str] | None = None  # noqa: N815
    changeOrigin: str | None = None  # noqa: N815
    transactionKey: str | None = None  # noqa: N815
    sequenceNumber: int | None = None  # noqa: N815
    commitTimestamp: int | None = None  # noqa: N815
    commitNumber: int | None = None  # noqa: N815
    changedFields: list[str] | None = None  # noqa: N815
    nulledFields: list[str] | None = None  # noqa: N815

    @property
    def is_gap(self) -> bool:
        """Salesforce lost what changed, and says so."""
        return self.changeType.startswith("GAP_")

    def records(self) -> Sequence[str]:
        """The records that it names; none where it means all of them, by a wildcard or by an overflow."""
        ids = self.recordIds or ()
        return () if any("*" in id_ or not id_.strip("0A") for id_ in ids) else tuple(dict.fromkeys(ids))

    def occurred_at(self) -> int:
        """When it was committed, µs. Raises Rejection MISSING_TIME."""
        if self.commitTimestamp is None:
            raise Rejection(Reason.MISSING_TIME, "the header has no commitTimestamp in milliseconds")
        return self.commitTimestamp * 1_000

    def key(self) -> str:
        """The change's identity within Salesforce, without the record. Raises Rejection."""
        if self.transactionKey is None and self.commitNumber is None:
            raise Rejection(Reason.INVALID_PAYLOAD, "the header has neither transactionKey nor commitNumber")
        parts = (self.transactionKey, self.commitNumber, self.sequenceNumber, self.entityName, self.changeType)
        return ":".join("" if part is None else str(part) for part in parts)

    def sequence(self) -> int:
        """Orders the changes of one millisecond by (commitNumber, sequenceNumber). Of a commit's number the last 42
        bits count: numbers so far apart are not of one millisecond."""
        step = min(max(self.sequenceNumber or 0, 0), _STEPS - 1)
        return (self.commitNumber or 0) % _COMMITS * _STEPS + step

    def is_by(self, client: str | None) -> bool:
        """Whether this client made the change: `…;client=NAME` in `changeOrigin`."""
        told = (self.changeOrigin or "").partition("client=")[2].partition(";")[0].strip("/ ")
        return client is not None and told.casefold() == client.casefold() != ""

    def unreadable(self) -> bool:
        """Whether its relay left the emptied fields as the bitmap in which Salesforce ships them."""
        return any(_BITMAP.fullmatch(name) for name in self.nulledFields or ())


class Change(msgspec.Struct, frozen=True):
    """A change event: what happened, and the fields with the components of compound ones as `Name.LastName`."""

    header: Header
    fields: dict[str, Any]

    def told(self, names: Iterable[str]) -> list[tuple[str, Any]]:
        """Those of the names that have a value or were emptied, in their order. A null alone means unchanged."""
        emptied = self._emptied()
        return [
            (name, self.fields.get(name))
            for name in names
            if self.fields.get(name) is not None or name in emptied or name.partition(".")[0] in emptied
        ]

    def one(self, name: str) -> str | None:
        """A field's value where it is text."""
        value = self.fields.get(name)
        return value if isinstance(value, str) and value else None

    def is_emptied(self, name: str) -> bool:
        return self.fields.get(name) is None and name in self._emptied()

    def _emptied(self) -> frozenset[str]:
        """Older relays have no `nulledFields`, and null is what they name in `changedFields`."""
        if self.header.nulledFields is not None:
            return frozenset(self.header.nulledFields)
        return frozenset(name for name in self.header.changedFields or () if name in self.fields)


def read_change(value: bytes | msgspec.Raw) -> Change:
    """The change in a record's bytes. Raises Rejection."""
    body: Any = read(value, dict[str, Any])
    for _ in range(_MOST_WRAPPINGS):
        if "ChangeEventHeader" in body:
            break
        body = next((body[name] for name in _WRAPPINGS if isinstance(body.get(name), dict)), {})
    try:
        header = msgspec.convert(body.get("ChangeEventHeader"), Header)
    except msgspec.ValidationError as error:
        raise Rejection(Reason.INVALID_PAYLOAD, printable(f"ChangeEventHeader: {error}")) from None
    return Change(header, _flat(body))


def _flat(body: Mapping[str, Any]) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    for name, value in body.items():
        if isinstance(value, dict):
            fields |= {f"{name}.{part}": inner for part, inner in value.items()}
        else:
            fields[name] = value
    return fields
