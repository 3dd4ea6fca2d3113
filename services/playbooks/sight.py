"""A look at an account, out of its rows. Pure."""

from collections.abc import Sequence

from services.playbooks import calendar
from services.playbooks.nouns import Moment, Seen
from services.playbooks.store.accounts import values_of
from shared.database import Row
from shared.fields import Value


def values_at(reading: Row | None) -> dict[str, Value | None]:
    """The present values of an account; nothing where it is not known."""
    return {} if reading is None else values_of(reading)


def seen_of(
    reading: Row | None, account_id: int, zone: str = "UTC", *, replied: bool = False, moves: Sequence[Row] = ()
) -> Seen:
    """What a look shows. `moves` are those of the score since the last look, oldest first."""
    values = {**values_at(reading), "replied_since_start": replied}
    moments = tuple(Moment(m["effective_at"], {**values, "score": m["score"], "band": m["band"]}) for m in moves)
    if reading is None:
        return Seen(f"account {account_id}", values, zone, moments=moments)
    return Seen(
        account=reading["name"],
        values=values,
        zone=str(calendar.zone(reading["time_zone"], zone)),
        anchor=reading["renews_on"],
        moments=moments,
        facts_version=reading["facts_version"],
        score_as_of=reading["score_as_of"],
    )
