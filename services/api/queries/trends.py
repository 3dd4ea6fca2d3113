"""How a score stands against what was in effect 30 and 90 days ago."""

import msgspec

from services.api.schemas import Trend

TRENDS = """
    (SELECT json_agg(t) FROM (
        SELECT ago.days, stood.score, stood.model FROM (VALUES (30), (90)) AS ago(days) CROSS JOIN LATERAL (
               SELECT h.score, h.model FROM score_history h
                WHERE h.account_id = a.id AND h.effective_at <= $3::timestamptz - make_interval(days => ago.days)
                ORDER BY h.effective_at DESC, h.recorded_at DESC, h.id DESC LIMIT 1) AS stood) AS t)
"""
"""SQL: what was in effect of an account `a` 30 and 90 days before `$3`, as known now, as JSON."""


class _Then(msgspec.Struct):
    days: int
    score: int | None
    model: str


_decoder = msgspec.json.Decoder(list[_Then])


def trends_of(stored: str | None, score: int | None, model: str | None) -> list[Trend]:
    """What TRENDS gave, against the present. Scores of two models are not compared (ERR-8)."""
    return [_trend(then, score, model) for then in (_decoder.decode(stored) if stored else ())]


def _trend(then: _Then, score: int | None, model: str | None) -> Trend:
    points = None if score is None or then.score is None or then.model != model else score - then.score
    return Trend(days=then.days, score=then.score, points=points)
