"""What product analytics tools share: which of their events mean that somebody used the product. Pure."""

from typing import Any, NamedTuple

from services.ingest.sources.drafts import Draft, Key

SIGN_INS = frozenset(
    {"signedin", "signin", "usersignedin", "usersignin", "loggedin", "login", "userlogin", "userloggedin"}
)
"""Names of events that are a sign-in; case and what is no letter do not matter."""

_MOST_FEATURE = 100


class Used(NamedTuple):
    """Somebody did something: whose account, who, what they did by its name, and when, in µs."""

    account: Key
    person: str
    name: str
    at: int


def draft(used: Used) -> Draft:
    """A sign-in, or the use of the feature of that name."""
    fields: dict[str, Any] = {"person_id": used.person}
    if "".join(letter for letter in used.name.lower() if letter.isalpha()) in SIGN_INS:
        return Draft("login.recorded", used.account, used.at, 0, fields)
    feature = used.name.replace("\x00", "").strip()[:_MOST_FEATURE]
    return Draft("usage.recorded", used.account, used.at, 0, fields | ({"feature": feature} if feature else {}))
