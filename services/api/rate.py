"""How many requests a sender may make in a second. No clock of its own: the caller says when it is."""

import datetime as dt

WAIT_S = 1
"""Seconds after which a sender who was refused may send again: by then the next second has begun."""


class Rate:
    """Counts each sender's requests of the present second, in this process. At most `most` of them pass; 0: all."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._second = 0
        self._counts: dict[str, int] = {}

    def admits(self, sender: str, now: dt.datetime) -> bool:
        """Whether one more request of the sender passes; it counts if it does."""
        second = int(now.timestamp())
        if second != self._second:
            self._second, self._counts = second, {}
        count = self._counts.get(sender, 0)
        if self._most and count >= self._most:
            return False
        self._counts[sender] = count + 1
        return True
