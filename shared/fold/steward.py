"""What links, merges and erasures do to the facts: nothing. They decide whose events are folded, not what they say."""

from shared.contracts import steward
from shared.facts import Event, Facts
from shared.fold.stamped import Rule


def _tells_nothing(facts: Facts, event: Event) -> None:
    """Not even counted, so that an un-merge leaves the two records as if they had never met."""
    facts.events -= 1


RULES: dict[str, Rule] = dict.fromkeys(steward.PAYLOADS, _tells_nothing)
