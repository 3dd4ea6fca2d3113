"""The errors of Steward, one tree.

StewardError
├── Refused           the caller asked for something that cannot be done; says what to do instead
│   ├── NotFound
│   ├── Conflict
│   │   └── Merged
│   ├── Invalid
│   └── Malformed
├── Rejection         a record that can never become an event; carries a reason of the closed list
├── Fenced            another worker owns the partition now; drop the batch and claim again
├── OutOfRange        a stored position lies below the log's start or above its end
├── LogReplaced       the record before the stored position is not the one that was read
└── NotReady          a component is not there yet; try again
"""

from enum import StrEnum


class StewardError(Exception):
    """Something in Steward went wrong."""


class Refused(StewardError):
    """The request cannot be done as asked. `remedy` says what to do instead."""

    def __init__(self, words: str, remedy: str = "") -> None:
        super().__init__(words)
        self.words = words
        self.remedy = remedy


class NotFound(Refused):
    """There is no such thing."""


class Conflict(Refused):
    """The thing is in a state that does not allow this."""


class Merged(Conflict):
    """The account was merged into another, whose id is `into`."""

    def __init__(self, account: int, into: int) -> None:
        super().__init__(f"Account {account} was merged into {into}.", f"Ask for account {into}.")
        self.into = into


class Invalid(Refused):
    """What was sent is not valid."""


class Malformed(Refused):
    """What was sent cannot be read at all, or is not signed as it must be."""


class Reason(StrEnum):
    """Why a record was rejected. The closed list; docs/delivery-semantics.md explains each."""

    NOT_JSON = "not_json"
    NOT_A_CLOUDEVENT = "not_a_cloudevent"
    UNKNOWN_TYPE = "unknown_type"
    WRONG_TOPIC = "wrong_topic"
    INVALID_PAYLOAD = "invalid_payload"
    MISSING_ACCOUNT = "missing_account"
    MISSING_TIME = "missing_time"
    NAIVE_TIME = "naive_time"
    INVALID_TIME = "invalid_time"
    TOO_OLD = "too_old"
    TOO_FAR_AHEAD = "too_far_ahead"
    TOO_LARGE = "too_large"
    HELD = "held"


class Rejection(StewardError):
    """The record can never become an event."""

    def __init__(self, reason: Reason, words: str = "") -> None:
        super().__init__(f"{reason}: {words}" if words else str(reason))
        self.reason = reason
        self.words = words


class Fenced(StewardError):
    """Another worker has claimed a partition of this batch; nothing of the batch may be kept."""


class OutOfRange(StewardError):
    """The stored position of a partition lies outside its log; `steward offsets reset` repairs it."""


class LogReplaced(StewardError):
    """The log no longer holds the record that was read before the stored position: the topic was made anew."""


class NotReady(StewardError):
    """A component that is needed does not answer yet."""
