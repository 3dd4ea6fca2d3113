"""What stands after a first score, by everything that ships and peers that are known."""

from services.health.curves import Quartiles
from services.health.entering import enter
from services.health.gathering import gathered
from services.health.ledger import Ledger, Story
from services.health.present import Present
from services.health.rules import References, Rules, Subject, judge
from shared.clock import from_us
from shared.facts import Facts, encode

RULES = Rules.of(gathered(None))
_PEERS = Quartiles(1.0, 2.0, 4.0, 30)


def references(first: Quartiles = _PEERS) -> References:
    """The same of every column that is rated among peers, in every segment."""
    return {segment: dict.fromkeys(RULES.peer_places, first) for segment in RULES.in_force}


def standing(facts: Facts, at: int) -> Present:
    """What stands after a first score."""
    ledger = Ledger(from_us(at), RULES)
    enter(ledger, judge(RULES, Subject(7, None, encode(facts), 1), references(), at), Story())
    return ledger.scores[0][0]
