"""What kind a meeting is, guessed from the words of its subject. Pure."""

import re

KINDS = {
    "qbr": r"\bqbrs?\b|quarterly (business )?review",
    "ebr": r"\bebrs?\b|executive (business )?review|executive briefing",
    "kickoff": r"\bkick[ -]?off\b",
    "training": r"\btraining|\bworkshop|\bwebinar|\bonboarding session|\benablement\b|\bschulung",
    "check_in": r"\bcheck[ -]?in\b|\bsync\b|\bcatch[ -]?up\b|\b1:1\b|\bstatus call\b",
}
"""Kinds of meeting by the words of their subject, the first that fits; a meeting with none of them is `other`."""

_KINDS = {kind: re.compile(words, re.IGNORECASE) for kind, words in KINDS.items()}


def kind_of(subject: str) -> str:
    """The kind of a meeting."""
    return next((kind for kind, words in _KINDS.items() if words.search(subject)), "other")
