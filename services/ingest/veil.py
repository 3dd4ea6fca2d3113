"""What stands for people who were forgotten: their ids and addresses in events, replaced before anything is kept. Pure.

Whoever they are is known by keyed digests alone, so that nothing here names them. A person is known by an address,
anywhere; by an id within the account; and by an id in the whole of a system that has ids of its own.
"""

import hashlib
import re
from collections.abc import Callable, Collection, Mapping
from typing import Any, NamedTuple

import msgspec

from services.ingest.sources import SPEAKERS
from shared.contracts import NATIVE
from shared.facts import FORGOTTEN, Event
from shared.fold import ACTIVITY
from shared.native import decode_body, encode_body

ERASED = "erased"
"""What stands where a sentence named somebody."""

_IDS = ("person_id", "requester_id")
_LISTS = ("person_ids", "absent_ids")
_OWN_WORDS = frozenset({"name", "first_name", "last_name", "title", "comment", "text", "subject"})
"""Fields that tell of the person, or in the person's words, in an event that is theirs."""
ADDRESS = re.compile(r"[\w.+%'-]+@[\w-]+(?:\.[\w-]+)+")
_MOST_REMEMBERED = 200_000

Who = Callable[[str], str | None]
"""An id or address → the pseudonym of the erased person whose it is."""


class Names(NamedTuple):
    """The ways in which a person can be named, for digests: by (namespace, account key, id) and by address."""

    people: frozenset[tuple[str, str, str]] = frozenset()
    emails: frozenset[str] = frozenset()


def names_of(account: tuple[str, str], id: str, source: str = "") -> list[tuple[str, str, str]]:
    """How an id in an event of an account key names a person: within that account and, where the system is not our
    customers' own namespace, in the whole system; so also in a `source` with a language, and people, of its own."""
    namespace, key = account
    if namespace.endswith(":person"):
        return [(namespace.removesuffix(":person"), "", id)]
    whole = {namespace} - {"native"} | ({source} & SPEAKERS)
    return [(namespace, key, id), *((one, "", id) for one in sorted(whole))]


def digests(salt: bytes, names: Names) -> list[bytes]:
    """What is kept of the names of somebody who is erased."""
    ids = [_digest(salt, "person", *person) for person in sorted(names.people)]
    return ids + [_digest(salt, "email", email.strip().lower()) for email in sorted(names.emails)]


def _digest(salt: bytes, *parts: str) -> bytes:
    return hashlib.blake2b("\0".join(parts).encode("utf-8", "surrogatepass"), key=salt, digest_size=16).digest()


class Erased:
    """Who was forgotten, as of `count` digests."""

    def __init__(self, salt: bytes, pseudonyms: Mapping[bytes, str]) -> None:
        self.count = len(pseudonyms)
        self._salt = salt
        self._pseudonyms = pseudonyms
        self._remembered: dict[tuple[tuple[str, str], str, str], str | None] = {}

    def person(self, account: tuple[str, str], id: str, source: str = "") -> str | None:
        """What stands for the person of this id in a source's events of an account key; None: nobody who was erased."""
        name = (account, id, source)
        if name in self._remembered:
            return self._remembered[name]
        if len(self._remembered) > _MOST_REMEMBERED:
            self._remembered.clear()
        known = (self._pseudonyms.get(_digest(self._salt, "person", *one)) for one in names_of(account, id, source))
        whose = next((one for one in known if one), None)
        found = self.stand_in(whose, id) if whose else self.email(id) if "@" in id else None
        self._remembered[name] = found
        return found

    def email(self, address: str) -> str | None:
        """What stands for the person of this address; None: nobody who was erased."""
        plain = address.strip().lower()
        whose = self._pseudonyms.get(_digest(self._salt, "email", plain))
        return self.stand_in(whose, plain) if whose else None

    def stand_in(self, pseudonym: str, id: str) -> str:
        """What stands for one id of a person: ids that were two stay two, so that counts stay what they were."""
        if id.startswith(FORGOTTEN):
            return id
        return f"{pseudonym}.{_digest(self._salt, 'id', id).hex()[:8]}"

    def veil(self, event: Event) -> Event:
        """The event without anything that names somebody who was erased; the same object where nothing does."""
        if not self.count or (
            event.type in ACTIVITY
            and not event.account[0].endswith(":person")
            and self.person(event.account, event.body.person_id, event.source) is None
        ):
            return event
        veiled = self.veil_raw(event.type, event.account, event.raw, source=event.source)
        if veiled is None:
            return event
        account, raw = veiled
        return event._replace(account=account, body=decode_body(event.type, raw), raw=raw)

    def veil_raw(
        self, kind: str, account: tuple[str, str], raw: bytes, names: Collection[str] = (), source: str = ""
    ) -> tuple[tuple[str, str], bytes] | None:
        """The same for an event as it is stored: (account key, payload), or None where nothing names anybody.
        `names`: also these words are taken out of sentences."""
        payload = msgspec.json.decode(raw)
        told = _Told(kind, account, payload, _Source(self, source), names)
        told.veil()
        if not told.changed:
            return None
        body = decode_body(kind, msgspec.json.encode(told.payload))
        return told.account, encode_body(kind, body)


NOBODY = Erased(b"", {})


class _Source(NamedTuple):
    """Who was forgotten, as one source names people."""

    erased: Erased
    name: str

    def person(self, account: tuple[str, str], id: str) -> str | None:
        return self.erased.person(account, id, self.name)


class _Told:
    """A payload while it is veiled."""

    def __init__(
        self, kind: str, account: tuple[str, str], payload: dict[str, Any], source: _Source, names: Collection[str]
    ) -> None:
        self.kind, self.account, self.payload = kind, account, payload
        self.changed = False
        self._person, self._erased = source.person, source.erased
        self._origin = account
        self._words = (
            re.compile("|".join(map(re.escape, sorted(names, key=len, reverse=True))), re.I) if names else None
        )

    def veil(self) -> None:
        """Key, ids and own words of the person that the event is about; then ids and addresses of others in it."""
        whose = self._veil_key() or self._about()
        if whose is not None:
            self._veil_own(whose)
        for field in _LISTS:
            if others := self.payload.get(field):
                self._put(field, [self._person(self._origin, one) or one for one in others])
        if not self.kind.startswith("account."):
            for field, value in list(self.payload.items()):
                if field not in _IDS and field not in (*_LISTS, "external_id"):
                    self._put(field, self._without_names(value))

    def _veil_key(self) -> str | None:
        source, key = self.account
        if not source.endswith(":person"):
            return None
        found = self._person(self.account, key)
        if found is not None:
            self.account, self.changed = (source, found), True
        return found

    def _about(self) -> str | None:
        """The pseudonym of the person that the event is about, by id or by address."""
        respondent = self.payload.get("respondent") or {}
        ids = [self.payload.get(name) for name in _IDS] + [respondent.get("external_id")]
        emails = [self.payload.get("email"), respondent.get("email")]
        by_id = (self._person(self._origin, one) for one in ids if one)
        by_email = (self._erased.email(one) for one in emails if one)
        return next((found for some in (by_id, by_email) for found in some if found), None)

    def _veil_own(self, whose: str) -> None:
        for name in (*_IDS, "external_id"):
            if self.payload.get(name) is not None:
                self._put(name, self._stand_in(whose, self.payload[name]))
        if self.payload.get("respondent"):
            told = self.payload["respondent"]
            self._put("respondent", {name: self._stand_in(whose, one) for name, one in told.items() if one})
        if self.payload.get("email"):
            self._put("email", self._stand_in(whose, self.payload["email"].strip().lower()))
        fields = NATIVE[self.kind][1].model_fields
        for name in _OWN_WORDS & self.payload.keys():
            if fields[name].is_required():
                self._put(name, ERASED)
            else:
                del self.payload[name]
                self.changed = True

    def _stand_in(self, whose: str, own: str) -> str:
        known = self._person(self._origin, own)
        return known or self._erased.stand_in(whose.rpartition(".")[0], own)

    def _without_names(self, value: Any) -> Any:
        if isinstance(value, str):
            return self._sentence(value)
        if isinstance(value, list):
            return [self._without_names(one) for one in value]
        if isinstance(value, dict):
            return {name: self._without_names(one) for name, one in value.items()}
        return value

    def _sentence(self, words: str) -> str:
        if "@" in words:
            words = ADDRESS.sub(lambda found: ERASED if self._erased.email(found[0]) else found[0], words)
        return self._words.sub(ERASED, words) if self._words else words

    def _put(self, field: str, value: Any) -> None:
        if self.payload.get(field) != value:
            self.payload[field] = value
            self.changed = True
