"""The text form of conditions, read with a whitelist and never evaluated as code.

condition := all ("or" all)*             all := one ("and" one)*
one       := "not" one | "(" condition ")" | flag
           | field ("<" | "<=" | ">" | ">=" | "==" | "!=") constant
           | field ["not"] "in" "[" constant ("," constant)* "]"
           | field "is" ["not"] "known"
lasting   := condition ["for" whole-number ("day" | "days")]
"""

import difflib
import re
from functools import lru_cache
from typing import NamedTuple, cast

from shared.conditions.tree import And, Compare, Condition, Known, Lasting, Not, OneOf, Or, Order
from shared.errors import Invalid
from shared.fields import FIELDS, Field, Kind, Value

MOST_CHARACTERS = 2_000
MOST_DEPTH = 30

_TOKEN = re.compile(
    r"""\s*(?:(?P<number>-?\d{1,15}(?:\.\d{1,9})?(?![\w.]))|(?P<name>[A-Za-z_]\w*)
    |(?P<text>"(?:[^"\\\x00-\x1f]|\\["\\])*")|(?P<order><=|>=|==|!=|<|>)|(?P<mark>[()\[\],]))""",
    re.VERBOSE | re.ASCII,
)
_WORDS = frozenset({"and", "or", "not", "in", "is", "known", "true", "false", "for"})


class NotACondition(Invalid):
    """The text is not a condition. Its words show the place; `position` counts characters from 0."""

    def __init__(self, source: str, position: int, wanted: str) -> None:
        shown = source.replace("\n", " ")
        super().__init__(f"not a condition: {wanted}\n  {shown}\n  {' ' * position}^")
        self.position = position
        self.wanted = wanted


class _Token(NamedTuple):
    kind: str
    text: str
    position: int


@lru_cache(maxsize=2_048)
def parse(source: str) -> Condition:
    """The condition that the text says. Raises NotACondition, which points at the place."""
    parser = _Parser(source)
    condition = parser.condition(0)
    parser.end()
    return condition


@lru_cache(maxsize=2_048)
def parse_lasting(source: str) -> Lasting:
    """The same, with an optional `for 7 days` behind it."""
    parser = _Parser(source)
    condition = parser.condition(0)
    days = parser.days() if parser.takes("for") else 0
    parser.end()
    return Lasting(condition, days)


def _tokens(source: str) -> list[_Token]:
    if len(source) > MOST_CHARACTERS:
        raise NotACondition(source[:40] + " …", 0, f"longer than {MOST_CHARACTERS} characters")
    found, position, end = [], 0, len(source.rstrip())
    while position < end:
        match = _TOKEN.match(source, position)
        if match is None:
            at = position + len(source[position:]) - len(source[position:].lstrip())
            raise NotACondition(source, at, f"{source[at]!r} does not belong here")
        kind = cast(str, match.lastgroup)
        found.append(_Token(kind, match.group(kind), match.start(kind)))
        position = match.end()
    return [*found, _Token("end", "", end)]


class _Parser:
    """Recursive descent, one method a rule of the grammar."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._tokens = _tokens(source)
        self._at = 0

    @property
    def _next(self) -> _Token:
        return self._tokens[self._at]

    def _wrong(self, wanted: str, token: _Token | None = None) -> NotACondition:
        return NotACondition(self._source, (token or self._next).position, wanted)

    def _take(self) -> _Token:
        token = self._next
        self._at += token.kind != "end"
        return token

    def takes(self, text: str) -> bool:
        """Steps over the word or mark if it comes next."""
        if self._next.text != text or self._next.kind == "text":
            return False
        self._at += 1
        return True

    def _need(self, text: str) -> None:
        if not self.takes(text):
            raise self._wrong(f"expected {text!r} here")

    def end(self) -> None:
        if self._next.kind != "end":
            raise self._wrong("expected 'and', 'or' or the end here")

    def condition(self, depth: int) -> Condition:
        parts = [self._all(depth)]
        while self.takes("or"):
            parts.append(self._all(depth))
        return parts[0] if len(parts) == 1 else Or(tuple(parts))

    def _all(self, depth: int) -> Condition:
        parts = [self._one(depth)]
        while self.takes("and"):
            parts.append(self._one(depth))
        return parts[0] if len(parts) == 1 else And(tuple(parts))

    def _one(self, depth: int) -> Condition:
        if depth > MOST_DEPTH:
            raise self._wrong(f"nested more than {MOST_DEPTH} deep")
        if self.takes("not"):
            return Not(self._one(depth + 1))
        if self.takes("("):
            inner = self.condition(depth + 1)
            self._need(")")
            return inner
        return self._about(self._field())

    def _field(self) -> Field:
        token = self._take()
        if token.kind != "name" or token.text in _WORDS:
            raise self._wrong("expected a field here", token)
        field = FIELDS.get(token.text)
        if field is None:
            near = difflib.get_close_matches(token.text, FIELDS, n=1)
            raise self._wrong(f"no field {token.text!r}" + (f"; did you mean {near[0]!r}?" if near else ""), token)
        return field

    def _about(self, field: Field) -> Condition:
        if self.takes("is"):
            negated = self.takes("not")
            self._need("known")
            return Not(Known(field)) if negated else Known(field)
        if self.takes("not"):
            self._need("in")
            return Not(self._one_of(field))
        if self.takes("in"):
            return self._one_of(field)
        if self._next.kind == "order":
            return self._compare(field)
        if field.kind is Kind.FLAG:
            return Compare(field, "==", True)
        raise self._wrong("expected a comparison here, such as < or in")

    def _compare(self, field: Field) -> Compare:
        token = self._take()
        if token.text not in ("==", "!=") and field.kind is not Kind.NUMBER:
            raise self._wrong(f"{field.name!r} is a {field.kind} and has no order", token)
        return Compare(field, cast(Order, token.text), self._constant(field))

    def _one_of(self, field: Field) -> OneOf:
        self._need("[")
        values = [self._constant(field)]
        while self.takes(","):
            values.append(self._constant(field))
        self._need("]")
        return OneOf(field, tuple(values))

    def _constant(self, field: Field) -> Value:
        token = self._take()
        if field.kind is Kind.NUMBER and token.kind == "number":
            return float(token.text) if "." in token.text else int(token.text)
        if field.kind is Kind.TEXT and token.kind == "text":
            return re.sub(r"\\(.)", r"\1", token.text[1:-1])
        if field.kind is Kind.FLAG and token.text in ("true", "false"):
            return token.text == "true"
        wanted = {Kind.NUMBER: "a number", Kind.TEXT: 'a text in "quotes"', Kind.FLAG: "true or false"}[field.kind]
        raise self._wrong(f"expected {wanted} here, because {field.name!r} is a {field.kind}", token)

    def days(self) -> int:
        token = self._take()
        if token.kind != "number" or not token.text.isdigit() or not 1 <= int(token.text) <= 3_650:
            raise self._wrong("expected a number of days here", token)
        if not (self.takes("days") or self.takes("day")):
            raise self._wrong("expected 'days' here")
        return int(token.text)
