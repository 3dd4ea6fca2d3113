"""Any survey tool: one neutral shape for NPS, CSAT and CES, by a door with a static token. FORMATS 5.6.

`{survey_type, score, scale_min, scale_max, comment, respondent{email, external_id}, responded_at, source_id,
account_id}`. What a tool calls these is for its own webhook template to say.
"""

from collections.abc import Sequence
from typing import Any

import msgspec

from services.ingest.sources.drafts import Draft, Key, events, prose, read, spelled, time_of
from services.ingest.sources.owners import NATIVE, account_drafts, address, owner
from services.ingest.sources.source import Door, Options, Posted, Source, Wrapped
from services.ingest.sources.tokens import many, token_in_header, wrapped
from shared.broker import Record
from shared.contracts import Topic
from shared.errors import Reason, Rejection
from shared.facts import Event

NAME = "survey"
SECRET = "survey_token"  # noqa: S105  # the name of the setting

SCALES = {"nps": (0, 10), "csat": (1, 5), "ces": (1, 7)}
"""The scale on which a question is asked where the answer does not say."""


class Respondent(msgspec.Struct):
    """Who answered."""

    email: Any = None
    external_id: Any = None


class Answer(msgspec.Struct):
    """One answer. `updated_at` says that it was given before and has changed since."""

    survey_type: str
    score: int | float
    scale_min: int | float | None = None
    scale_max: int | float | None = None
    comment: Any = None
    respondent: Respondent | None = None
    responded_at: str | None = None
    updated_at: str | None = None
    source_id: Any = None
    account_id: Any = None


def translate(record: Record, options: Options) -> Sequence[Event]:
    """The answer, and its account where one may be created. Raises Rejection."""
    answer = read(record.value, Answer)
    kind = answer.survey_type.strip().lower()
    if kind not in SCALES:
        raise Rejection(Reason.INVALID_PAYLOAD, f"survey_type must be one of {', '.join(SCALES)}")
    at = time_of(answer.updated_at or answer.responded_at, options.zone)
    who, key = answer.respondent or Respondent(), _whose(answer, options.namespace)
    said = spelled(answer.source_id)
    survey_id = said or wrapped(record.value).id
    fields = {
        "survey_id": survey_id,
        "survey_type": kind,
        "score": answer.score,
        "scale_min": SCALES[kind][0] if answer.scale_min is None else answer.scale_min,
        "scale_max": SCALES[kind][1] if answer.scale_max is None else answer.scale_max,
        "comment": prose(answer.comment),
        "respondent": {"email": address(who.email), "external_id": spelled(who.external_id)},
    }
    own = f"{survey_id}@{at}" if answer.updated_at else survey_id
    company = account_drafts(key, at, creates=options.creates_accounts)
    return events(NAME, own, [Draft("survey.response", key, at, 0, fields), *company])


def _whose(answer: Answer, namespace: str = NATIVE) -> Key:
    who = answer.respondent or Respondent()
    return owner(NAME, answer.account_id, who.external_id, who.email, namespace)


def unwrap(posted: Posted) -> Sequence[Wrapped]:
    """The answers of a body: one, a list, lines, or `{"responses": […]}`. Raises Malformed."""
    return many(posted, "responses", lambda value: _whose(read(value, Answer)))


DOOR = Door(SECRET, token_in_header(SECRET), unwrap)
SOURCE = Source(NAME, "survey.event", Topic.SUPPORT, translate, DOOR, may_create_accounts=True)
