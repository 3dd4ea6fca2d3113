"""Progress off a terminal is a plain line now and then, not silence and not a bar in a log."""

import io

from rich.console import Console

from services.cli.progress import EVERY_S, PlainLines, following


class Watch:
    """A clock that stands where it is set."""

    def __init__(self) -> None:
        self.at = 0.0

    def __call__(self) -> float:
        return self.at


def test_a_line_comes_now_and_then_and_one_at_the_end() -> None:
    said: list[str] = []
    watch = Watch()
    tell = PlainLines(said.append, "events", None, watch)
    for second in range(1, 26):
        watch.at = float(second)
        tell(second * 1_000, 30_000)
    watch.at = 26.0
    tell(30_000, 30_000)
    tell(30_000, 30_000)
    assert said == [
        "events: 10,000 of 30,000, 10 s",
        "events: 20,000 of 30,000, 20 s",
        "events: 30,000 of 30,000, 26 s",
    ]


def test_what_has_no_known_end_says_how_much_is_done() -> None:
    said: list[str] = []
    watch = Watch()
    tell = PlainLines(said.append, "account-days", None, watch)
    watch.at = EVERY_S
    tell(512, None)
    assert said == ["account-days: 512, 10 s"]


def test_in_a_pipe_there_are_no_bars() -> None:
    console = Console(file=io.StringIO(), force_terminal=False, width=100)
    with following(console) as follow:
        follow("accounts.csv", 3)(3, 3)
    assert console.file.getvalue() == "accounts.csv: 3 of 3, 0 s\n"  # type: ignore[attr-defined]


def test_where_a_person_looks_on_there_is_a_bar() -> None:
    console = Console(file=io.StringIO(), force_terminal=True, width=100)
    with following(console) as follow:
        follow("accounts.csv", 3)(3, 3)
    shown = console.file.getvalue()  # type: ignore[attr-defined]
    assert "3/3" in shown
    assert "━" in shown
