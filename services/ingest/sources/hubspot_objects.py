"""What we read of HubSpot's notifications: their shape, their identity, what they are about. Pure. FORMATS 5.5.

A notification is one item of a webhook's body: one thing that happened to one object, one property at most.
"""

import re
from typing import Any, Literal

import msgspec

from services.ingest.sources.drafts import spelled
from shared.errors import Reason, Rejection

Kind = Literal["contact", "company", "deal", "ticket", "meeting", "call", "email"]

_TYPE_IDS: dict[str, Kind] = {
    "0-1": "contact", "0-2": "company", "0-3": "deal", "0-5": "ticket", "0-47": "meeting", "0-48": "call",
    "0-49": "email",
}  # fmt: skip
_NAMES: dict[str, Kind] = {
    "contact": "contact", "company": "company", "deal": "deal", "ticket": "ticket", "meeting": "meeting",
    "meeting_event": "meeting", "call": "call", "email": "email",
}  # fmt: skip
_ENDS: dict[int, tuple[Kind, Kind]] = {
    1: ("contact", "company"), 279: ("contact", "company"), 2: ("company", "contact"), 280: ("company", "contact"),
    5: ("deal", "company"), 341: ("deal", "company"), 6: ("company", "deal"), 342: ("company", "deal"),
    26: ("ticket", "company"), 339: ("ticket", "company"), 25: ("company", "ticket"), 340: ("company", "ticket"),
    13: ("company", "company"), 14: ("company", "company"),
    187: ("company", "meeting"), 188: ("meeting", "company"), 181: ("company", "call"), 182: ("call", "company"),
    185: ("company", "email"), 186: ("email", "company"),
}  # fmt: skip
"""HubSpot's own association types: what lies at their two ends."""
_PARENT_TO_CHILD, _CHILD_TO_PARENT = 13, 14
_LABELS = frozenset({1, 2, 5, 6, 25, 26})
"""Types that say which company is the primary one. Taking one away leaves the objects associated."""
_OBJECTS = "CONTACT|COMPANY|DEAL|TICKET|MEETING_EVENT|MEETING|CALL|EMAIL"
_NAMED = re.compile(rf"(?:(PARENT|CHILD)_)?({_OBJECTS})_TO_(?:(?:PARENT|CHILD)_)?({_OBJECTS})")

Number = int | str | None


class Item(msgspec.Struct, frozen=True, rename="camel"):
    """One notification. Strict about the fields that it names, indifferent to all others."""

    subscription_type: str
    occurred_at: int | None = None
    portal_id: Number = None
    subscription_id: Number = None
    object_id: Number = None
    object_type_id: Number = None
    property_name: str | None = None
    property_value: Any = None
    primary_object_id: Number = None
    merged_object_ids: list[Number] | None = None
    new_object_id: Number = None
    association_type: str | None = None
    association_type_id: Number = None
    association_removed: bool | None = None
    is_primary_association: bool | None = None
    from_object_id: Number = None
    from_object_type_id: Number = None
    to_object_id: Number = None
    to_object_type_id: Number = None

    @property
    def happened(self) -> str:
        """What happened: creation, propertyChange, merge …"""
        return self.subscription_type.rpartition(".")[2]

    def kind(self) -> Kind | None:
        """What it happened to; None for objects of no use to us."""
        told = self.subscription_type.partition(".")[0]
        if told == "object":
            return _TYPE_IDS.get(str(self.object_type_id))
        return _NAMES.get(told)

    def key(self) -> str:
        """The notification's identity: `eventId` is not unique, all of this together is. A retry says the same."""
        told = (
            self.subscription_type, self.portal_id, self.subscription_id, self.object_id, self.occurred_at,
            self.property_name, self.primary_object_id, self.merged_object_ids, self.association_type,
            self.association_type_id, self.association_removed, self.from_object_id, self.to_object_id,
            self.property_value,
        )  # fmt: skip
        return ":".join("" if part is None else str(part) for part in told)

    def company(self) -> str | None:
        """The company that it names, where it names one."""
        if self.happened == "associationChange":
            ends = self.association()
            return ends.company if ends is not None else None
        if self.kind() != "company":
            return None
        return spelled(self.object_id) or self.survivor()

    def survivor(self) -> str | None:
        """What is left of a merge: a new object where it made one, else the primary one."""
        return spelled(self.new_object_id) or spelled(self.primary_object_id)

    def gone(self) -> list[str]:
        """The ids that a merge did away with."""
        ids = [spelled(id_) for id_ in (*(self.merged_object_ids or ()), self.primary_object_id)]
        return sorted({id_ for id_ in ids if id_ is not None and id_ != self.survivor()})

    def association(self) -> "Association | None":
        """What was associated with a company; None for other associations. Raises Rejection where an id lacks."""
        ends = self._ends()
        if ends is None or "company" not in ends:
            return None
        first, second = spelled(self.from_object_id), spelled(self.to_object_id)
        if first is None or second is None:
            raise Rejection(Reason.INVALID_PAYLOAD, "fromObjectId, toObjectId: an id is missing")
        if ends == ("company", "company"):
            return self._family(first, second)
        if ends[0] == "company":
            return Association(first, ends[1], second, self._is_removed(), self.is_primary_association)
        return Association(second, ends[0], first, self._is_removed(), self.is_primary_association)

    def _ends(self) -> tuple[Kind, Kind] | None:
        named = _NAMED.match(self.association_type or "")
        if named is not None:
            return _NAMES[named[2].lower()], _NAMES[named[3].lower()]
        by_id = _TYPE_IDS.get(str(self.from_object_type_id)), _TYPE_IDS.get(str(self.to_object_type_id))
        if by_id[0] is not None and by_id[1] is not None:
            return by_id[0], by_id[1]
        return _ENDS.get(self._type())

    def _family(self, first: str, second: str) -> "Association | None":
        named = _NAMED.match(self.association_type or "")
        role = named[1] if named is not None else None
        if role == "CHILD" or self._type() == _CHILD_TO_PARENT:
            return Association(first, "company", second, self._is_removed())
        if role == "PARENT" or self._type() == _PARENT_TO_CHILD:
            return Association(second, "company", first, self._is_removed())
        return None

    def _is_removed(self) -> bool | None:
        """None where only a label came or went."""
        if not self.association_removed:
            return False
        return None if self._type() in _LABELS else True

    def _type(self) -> int:
        told = spelled(self.association_type_id) or ""
        return int(told) if told.isdecimal() and len(told) < 10 else 0


class Association(msgspec.Struct, frozen=True):
    """A company and what was associated with it; of two companies, the child and its parent. `primary`: whether it is
    the primary company of the other, where that is known."""

    company: str
    kind: Kind
    id: str
    removed: bool | None
    primary: bool | None = None
