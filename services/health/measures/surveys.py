"""What people answer when asked: NPS, CSAT, CES (HM-4b, HM-7, MT-NPS, MT-CSAT, MT-CES)."""

from math import fsum

from services.health.measures.measure import Measure, Params, first_instant
from shared.facts import Facts, Survey

PROMOTER, PASSIVE = 9, 7
"""Least points of 10; below is a detractor (MT-NPS)."""

_SCALES = {"nps": (0, 10), "csat": (1, 5), "ces": (1, 7)}


def nps_mean(facts: Facts, now: int, params: Params) -> float | None:
    """Mean of the answers to the NPS question of the 180 UTC days ending today, brought to 0 to 10."""
    return _mean(_answers(facts, now, params["days"], "nps"))


def nps_index(facts: Facts, now: int, params: Params) -> float | None:
    """Promoters less detractors among these answers, in percent: −100 to 100 (MT-NPS, ERR-15)."""
    answers = _answers(facts, now, params["days"], "nps")
    if not answers:
        return None
    promoters, detractors = [at for at in answers if at >= PROMOTER], [at for at in answers if at < PASSIVE]
    return 100 * (len(promoters) / len(answers) - len(detractors) / len(answers))


def csat_score(facts: Facts, now: int, params: Params) -> float | None:
    """Mean of the answers to CSAT questions of the 180 UTC days ending today, brought to 1 to 5."""
    return _mean(_answers(facts, now, params["days"], "csat"))


def effort_score(facts: Facts, now: int, params: Params) -> float | None:
    """Mean of the answers to CES questions of the 180 UTC days ending today, brought to 1 to 7, lower is better."""
    return _mean(_answers(facts, now, params["days"], "ces"))


def survey_responses(facts: Facts, now: int, params: Params) -> float | None:
    """Answers to surveys of these kinds in the 180 UTC days ending today; None before any."""
    told = [survey for survey in facts.surveys.values() if survey.kind in params["kinds"]]
    if not told:
        return None
    since = first_instant(now, params["days"])
    return float(len([survey for survey in told if survey.at >= since]))


def _answers(facts: Facts, now: int, days: int, kind: str) -> list[float]:
    """The answers of a kind in the `days` ending today, brought to its own scale."""
    if not facts.surveys:
        return []
    since, (lowest, highest) = first_instant(now, days), _SCALES[kind]
    told = [survey for survey in facts.surveys.values() if survey.kind == kind and survey.at >= since]
    return [lowest + (highest - lowest) * _way(survey) for survey in told]


def _way(survey: Survey) -> float:
    return (survey.score - survey.lowest) / (survey.highest - survey.lowest)


def _mean(answers: list[float]) -> float | None:
    return fsum(answers) / len(answers) if answers else None


_READS = frozenset({"survey.response"})
_DAYS = {"days": 180}

MEASURES = (
    Measure(
        name="nps_mean",
        label="NPS answers",
        unit="points of 10",
        bounds=(0, 10),
        sources=("HM-4b", "ERR-15"),
        doc="mean of the answers to the NPS question in the 180 UTC days ending today, brought to 0 to 10",
        unknown="no answer in these days",
        reads=_READS,
        value=nps_mean,
        params=_DAYS,
    ),
    Measure(
        name="nps_index",
        label="NPS",
        unit="index",
        bounds=(-100, 100),
        sources=("MT-NPS", "ERR-15"),
        doc="percent of promoters less percent of detractors among these answers",
        unknown="no answer in these days",
        reads=_READS,
        value=nps_index,
        params=_DAYS,
    ),
    Measure(
        name="csat_score",
        label="CSAT",
        unit="rating of 5",
        bounds=(1, 5),
        sources=("HM-11", "MT-CSAT"),
        doc="mean of the answers to CSAT questions in the 180 UTC days ending today, brought to 1 to 5",
        unknown="no answer in these days",
        reads=_READS,
        value=csat_score,
        params=_DAYS,
    ),
    Measure(
        name="effort_score",
        label="Customer effort",
        unit="effort of 7",
        bounds=(1, 7),
        sources=("MT-CES",),
        doc="mean of the answers to CES questions in the 180 UTC days ending today, brought to 1 to 7; lower is better",
        unknown="no answer in these days",
        reads=_READS,
        value=effort_score,
        params=_DAYS,
    ),
    Measure(
        name="survey_responses",
        label="Survey responses",
        unit="answers",
        bounds=(0, 120),
        sources=("HM-7",),
        doc="answers to surveys of the kinds that the model names in the 180 UTC days ending today",
        unknown="there never was one",
        reads=_READS,
        value=survey_responses,
        params={**_DAYS, "kinds": ("nps", "csat", "ces")},
    ),
)
