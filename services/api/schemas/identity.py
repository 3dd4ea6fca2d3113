"""What the API answers and reads about who is who."""

import datetime as dt
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from services.api.schemas.wire import Schema
from services.api.values import MOST_ID, Text

Namespace = Annotated[Text, Field(min_length=1, max_length=200, description="whose id it is, e.g. zendesk")]
OwnId = Annotated[Text, Field(min_length=1, max_length=200, description="the id there")]
Reason = Annotated[Text | None, Field(max_length=300, description="why, for whoever reads it later")]
Account = Annotated[int, Field(ge=1, le=MOST_ID, description="Steward's id of an account")]


class UnmatchedKey(Schema):
    """An id that events wait under, because nobody knows whose it is."""

    source: str
    external_id: str
    events: int
    types: list[str]
    first_at: dt.datetime = Field(description="when the first of them happened")
    last_at: dt.datetime
    waiting_since: dt.datetime
    accounts: int = Field(description="of how many accounts a person of this id or address is; 0: nobody's")


class IdentityConflict(Schema):
    """A claim on an id that was not believed, because the id is another account's."""

    source: str
    external_id: str
    claimed_by: int
    linked_to: int | None
    kind: str = Field(
        description="claim: an account told of the id; own: another was created under it; circle; merged twice"
    )
    event_id: str
    first_at: dt.datetime
    last_at: dt.datetime
    times: int
    remedy: str = Field(description="the commands that make both one account, or give the id to the claimant")


class _Asked(BaseModel):
    model_config = ConfigDict(extra="forbid")


class KeyOf(_Asked):
    """An id of a source."""

    source: Namespace
    external_id: OwnId


class Link(KeyOf):
    """Whose an id is."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"source": "zendesk", "external_id": "361234567890", "account_id": 4711}]},
    )
    account_id: Account
    reason: Reason = None


class Unlink(KeyOf):
    """That an id is not the account's that it leads to."""

    reason: Reason = None


class Merge(_Asked):
    """Which account this one is from now on."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"into": 4712, "reason": "bought by Acme"}]}
    )
    into: Account
    reason: Reason = None


class Part(_Asked):
    """Why an account stands by itself again."""

    reason: Reason = None


class WhoIs(_Asked):
    """A person: by an e-mail address, or by an id, where that is needed at one account alone."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"person": "mia@acme.example"}]})
    person: Annotated[Text, Field(min_length=1, max_length=300)]
    account_id: Account | None = None


class Done(Schema):
    """What a decision concerned."""

    account_id: int | None = None
    events: int | None = Field(None, description="how many events were given up")
    accounts: int | None = Field(None, description="at how many accounts a person was forgotten")
    archive_days: int | None = Field(None, description="days of the archive whose files are still to be written anew")


class Erasures(Schema):
    """How far the archive is with those who were forgotten."""

    archive_days: int = Field(description="days of the archive whose files may still name somebody who was forgotten")


class PersonalData(Schema):
    """Everything that names a person."""

    person: dict[str, Any]
    known_as: list[dict[str, Any]]
    people: list[dict[str, Any]]
    events: list[dict[str, Any]]
    activity: list[dict[str, Any]]
    waiting: list[dict[str, Any]]
    rejected: list[dict[str, Any]]
