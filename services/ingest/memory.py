"""What this process remembers of accounts between batches: trusted only while the database still agrees.

An entry is taken out before it is used and put back after the commit, so that nothing that was rolled back is
ever believed. Version and stamp are compared under the lock; a link that was changed changes the version too.
"""

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field

from services.ingest.store.facts import Version
from services.ingest.store.seen import Held
from services.ingest.veil import NOBODY, Erased
from shared.facts import Facts, Presence
from shared.facts.still import Still
from shared.fold.areas import Changed


@dataclass(slots=True)
class Known:
    """An account as of a version."""

    version: Version
    facts: Facts
    changed: Changed
    """In which version each area of the facts last changed."""
    presence: Presence = field(default_factory=dict)
    """Of the people who came up so far."""
    unnamed: dict[int, tuple[int, int]] | None = None
    """The presence of all the others, by `person_key`; None: not loaded."""
    still: Still | None = None
    """The parts of the encoded facts that activity leaves alone; None: to be encoded anew."""


class Memory:
    """At most `most` accounts, the least recently used forgotten first; and the keys by which sources call them."""

    def __init__(self, most: int = 50_000) -> None:
        self._most = most
        self._known: OrderedDict[int, Known] = OrderedDict()
        self.keys: dict[tuple[str, str], int] = {}
        self.changes = 0
        """How often known keys had changed their meaning when `keys` was begun."""
        self.erased: Erased = NOBODY
        """Who was forgotten."""
        self.filters: Held = {}
        """Of the ids that were seen, as far as they are needed."""
        self.all_new = True
        """Whether the last batch had no event that was known."""

    def take(self, account: int, version: Version) -> Known | None:
        """The entry, taken out, if it is of exactly this version."""
        known = self._known.pop(account, None)
        return known if known is not None and known.version == version else None

    def drop(self, account: int) -> None:
        """Forgets an account."""
        self._known.pop(account, None)

    def put(self, account: int, known: Known) -> None:
        """Remembers an account; only after the commit."""
        self._known[account] = known
        if len(self._known) > self._most:
            self._known.popitem(last=False)

    def remember(self, known: Mapping[int, Known], moved: Mapping[int, Presence]) -> None:
        """Remembers accounts, with whose presence moved; only after the commit."""
        for account, one in known.items():
            changed = moved.get(account)
            if changed:
                one.presence.update(changed)
            self.put(account, one)

    def learn(self, keys: dict[tuple[str, str], int]) -> None:
        """Remembers which accounts keys mean."""
        if len(self.keys) > 5 * self._most:
            self.keys.clear()
        self.keys |= keys
