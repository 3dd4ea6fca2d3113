"""Signals: a request to cancel is noticed once."""

from services.health.signals import Signal, signals
from shared.facts import Event
from tests.health.stories import NOON, facts_of, said, subscribed

ASKED = said("cancel.requested", 3, reason="too dear")
WITHDRAWN = said("cancel.withdrawn", 2)
AGAIN = said("cancel.requested", 1)
LEAVING = subscribed(5, 100, cancel_at_period_end=True)


def noticed(before: list[Event], then: list[Event]) -> list[Signal]:
    """What the later events give notice of."""
    return signals(facts_of(*before), facts_of(*before, *then), 7, NOON)


def test_tr_s1_1_a_request_to_cancel_is_a_critical_signal_with_its_event() -> None:
    [signal] = noticed([], [ASKED])
    assert (signal.kind, signal.severity, signal.account_id, signal.at) == ("cancel_requested", "critical", 7, NOON)
    assert signal.evidence == (ASKED.id.hex(),)
    assert "too dear" in signal.words


def test_it_is_noticed_once() -> None:
    assert noticed([ASKED], [said("login.recorded", person_id="mia")]) == []
    assert noticed([ASKED], [ASKED]) == []


def test_a_second_request_is_a_second_signal() -> None:
    [first], [second] = noticed([], [ASKED]), noticed([ASKED, WITHDRAWN], [AGAIN])
    assert first.signal_id != second.signal_id


def test_a_request_withdrawn_before_we_looked_is_none() -> None:
    assert noticed([], [ASKED, WITHDRAWN]) == []
    assert noticed([WITHDRAWN], [ASKED]) == []


def test_first_facts_give_notice_of_what_they_hold() -> None:
    assert [signal.signal_id for signal in signals(None, facts_of(ASKED), 7, NOON)] == [
        signal.signal_id for signal in noticed([], [ASKED])
    ]


def test_a_subscription_set_to_end_is_a_signal_once() -> None:
    [signal] = noticed([subscribed(9, 100)], [LEAVING])
    assert signal.evidence == (LEAVING.id.hex(),)
    assert noticed([LEAVING], [subscribed(1, 90, cancel_at_period_end=True)]) == []


def test_its_id_is_that_of_the_event_that_first_said_so_whatever_the_batch() -> None:
    later = subscribed(1, 90, cancel_at_period_end=True)
    [early], [late] = noticed([subscribed(9, 100)], [LEAVING]), noticed([subscribed(9, 100)], [LEAVING, later])
    assert early == late


def test_each_subscription_speaks_for_itself() -> None:
    other = subscribed(5, 10, "s2", cancel_at_period_end=True)
    assert len({signal.signal_id for signal in noticed([], [LEAVING, other])}) == 2


def test_a_subscription_set_to_end_again_is_a_new_signal() -> None:
    kept, again = subscribed(4, 100), subscribed(2, 100, cancel_at_period_end=True)
    [signal] = noticed([LEAVING, kept], [again])
    assert signal.evidence == (again.id.hex(),)
