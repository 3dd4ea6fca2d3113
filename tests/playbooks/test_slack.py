"""Slack messages: what they say, and that no name can break out of them."""

import json
import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from services.playbooks.channels.channel import Todo
from services.playbooks.channels.slack import message
from services.playbooks.occasions import Why
from tests.playbooks.stories import NOON, notice, texts


def test_it_says_what_happened_why_and_what_is_under_way() -> None:
    told = message(notice())
    assert told["text"] == "Acme is at risk: the score 36 is below 40 (it was 52)"
    header, happened, facts, why, todos, link = told["blocks"]
    assert header["text"]["text"] == "Acme is at risk"
    assert happened["text"]["text"] == "*Acme*: the score 36 is below 40 (it was 52)"
    assert [field["text"] for field in facts["fields"]] == [
        "*Score*\n36", "*Band*\ncritical", "*Owner*\nada@example.com",
    ]  # fmt: skip
    assert why["text"]["text"].splitlines() == [
        "*Why*",
        "• −9.5 points, Days since last login: no login for 16 days",
        "• −3.0 points, NPS: a detractor answered 3",
        "• +0.1 points, Growth: expanding",
    ]
    assert todos["text"]["text"] == "*At-Risk* is under way\n• Review the account (CSM, 4 Mar 2026)"
    assert link["elements"][0]["text"] == "<https://steward.example/accounts/7|Open the account in Steward>"


def test_what_is_not_known_is_left_out_or_said() -> None:
    told = message(notice(score=None, band=None, owner=None, causes=(), todos=(), link=None))
    assert len(told["blocks"]) == 3
    assert [field["text"] for field in told["blocks"][2]["fields"]] == [
        "*Score*\nnot known", "*Band*\nnot known", "*Owner*\nnobody",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Ben & <!channel> Jerry", "Ben &amp; &lt;!channel&gt; Jerry"),
        ("<https://evil.example|Login>", "&lt;https://evil.example|Login&gt;"),
        ("🦊 Füchse 👩‍👩‍👧", "🦊 Füchse 👩‍👩‍👧"),
        ("شركة الاختبار", "شركة الاختبار"),
        ("safe\u202egnihsihp\u2066", "safe gnihsihp"),
        ("two\nlines\x00\t", "two lines"),
        ("*bold* `code`", "\u200b*bold\u200b* \u200b`code\u200b`"),
        ("", "–"),
    ],
)
def test_a_name_stays_a_name(name: str, shown: str) -> None:
    blocks = message(notice(account=name))["blocks"]
    assert blocks[1]["text"]["text"] == f"*{shown}*: the score 36 is below 40 (it was 52)"


def test_a_link_cannot_be_broken_out_of() -> None:
    blocks = message(notice(link="https://x.example/a|b>c<d&e"))["blocks"]
    assert blocks[-1]["elements"][0]["text"].startswith("<https://x.example/a%7Cb%3Ec%3Cd&amp;e|Open")


_POISON = st.text(st.sampled_from("&<>*_`~|!@#\u202e\u2066\n\x00🦊شx "), max_size=6_000)


@example("&" * 6_000, "<" * 6_000, [Why("_" * 6_000, 1, "&" * 6_000)] * 6)
@given(
    _POISON, _POISON, st.lists(st.builds(Why, _POISON, st.none() | st.integers(-(10**8), 10**8), _POISON), max_size=6)
)
def test_whatever_the_names_slacks_limits_hold_and_nothing_is_left_raw(
    name: str, words: str, causes: list[Why]
) -> None:
    todos = (Todo(name, words, NOON.date()),) * 5
    told = message(notice(title=name, words=words, account=name, owner=name, causes=tuple(causes), todos=todos))
    assert len(json.dumps(told, ensure_ascii=False)) < 13_200
    assert len(told["blocks"]) <= 50
    assert len(told["blocks"][0]["text"]["text"]) <= 150
    for text in texts(told["blocks"][1:]):
        assert len(text) <= 3_000
        without_our_link = re.sub(r"^<https://steward\.example/accounts/7\|[^<>]*>$", "", text)
        assert not re.search(r"[<>\u202e\u2066\x00]|&(?!amp;|lt;|gt;)", without_our_link)
