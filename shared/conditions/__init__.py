"""One language of conditions: text ⇄ typed tree → closure, SQL and words, over one registry of fields.

`score < 40 and segment in ["high_touch"]` · `not replied_since_start` · `score >= 60 for 7 days`
"""

from shared.conditions.holds import Holds, closure
from shared.conditions.overlap import can_both_hold
from shared.conditions.parse import NotACondition, parse, parse_lasting
from shared.conditions.sql import Predicate, predicate
from shared.conditions.tree import And, Compare, Condition, Known, Lasting, Not, OneOf, Or, fields_of, leaves, text
from shared.conditions.words import Finding, asked, explain, words

__all__ = [
    "And",
    "Compare",
    "Condition",
    "Finding",
    "Holds",
    "Known",
    "Lasting",
    "Not",
    "NotACondition",
    "OneOf",
    "Or",
    "Predicate",
    "asked",
    "can_both_hold",
    "closure",
    "explain",
    "fields_of",
    "leaves",
    "parse",
    "parse_lasting",
    "predicate",
    "text",
    "words",
]
