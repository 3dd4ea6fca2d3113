"""Alerts as Slack messages, posted to an incoming webhook. Pure.

Slack's limits: 50 blocks, 150 characters of header, 3,000 of a section's text, about 13,200 in all. Everything here
is cut far below them, after control characters are taken out and before `& < >` are escaped.
"""

import re
from typing import Any

from slack_sdk.models.blocks import Block, ContextBlock, HeaderBlock, MarkdownTextObject, PlainTextObject, SectionBlock

from services.playbooks.channels.channel import Channel, Notice, Todo
from services.playbooks.occasions import Why
from services.playbooks.wording import on
from shared.settings import Settings

_CONTROLS = re.compile("[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069\u2028\u2029\ufeff]+")
"""Controls, and the marks that turn the direction of the text behind them: a name ends where it ends."""

_ESCAPED = {"&": "&amp;", "<": "&lt;", ">": "&gt;", **{mark: f"\u200b{mark}" for mark in "*_~`"}}
"""An invisible space before a mark keeps it from formatting."""


def message(notice: Notice) -> dict[str, Any]:
    """The body of the post: blocks, and `text` for where blocks are not shown."""
    blocks: list[Block] = [
        HeaderBlock(text=PlainTextObject(text=_plain(notice.title, 140), emoji=False)),
        SectionBlock(text=_said(f"*{_mrkdwn(notice.account)}*: {_mrkdwn(notice.words, 600)}")),
        SectionBlock(fields=[_said(f"*{name}*\n{value}") for name, value in _facts(notice)]),
    ]
    if notice.causes:
        blocks.append(SectionBlock(text=_said("*Why*\n" + "\n".join(map(_cause, notice.causes[:3])))))
    if notice.todos:
        todos = "\n".join(map(_todo, notice.todos[:3]))
        blocks.append(SectionBlock(text=_said(f"*{_mrkdwn(notice.playbook)}* is under way\n{todos}")))
    if notice.link:
        blocks.append(ContextBlock(elements=[_said(f"<{_url(notice.link)}|Open the account in Steward>")]))
    return {
        "text": _mrkdwn(f"{notice.title}: {notice.words}", 600),
        "blocks": [block.to_dict() for block in blocks],
        "unfurl_links": False,
        "metadata": {"event_type": "steward_alert", "event_payload": {"delivery_id": notice.id}},
    }


def _facts(notice: Notice) -> list[tuple[str, str]]:
    score = "not known" if notice.score is None else str(notice.score)
    band = (notice.band or "not known").replace("_", " ")
    return [("Score", score), ("Band", _mrkdwn(band)), ("Owner", _mrkdwn(notice.owner or "nobody"))]


def _cause(cause: Why) -> str:
    if cause.points is None:
        return f"• {_mrkdwn(cause.label)}: {_mrkdwn(cause.words)}"
    return f"• {_points(cause.points)} points, {_mrkdwn(cause.label)}: {_mrkdwn(cause.words)}"


def _points(millionths: int) -> str:
    """Points to one decimal, half up, with their sign."""
    tenths = (abs(millionths) + 50_000) // 100_000
    return f"{'−' if millionths < 0 else '+'}{tenths // 10}.{tenths % 10}"


def _todo(todo: Todo) -> str:
    return f"• {_mrkdwn(todo.title)} ({_mrkdwn(todo.role)}, {on(todo.due_on)})"


def _said(text: str) -> MarkdownTextObject:
    return MarkdownTextObject(text=text, verbatim=True)


def _plain(text: str, most: int) -> str:
    """One line without controls, at most `most` characters, never empty."""
    line = " ".join(_CONTROLS.sub(" ", text[: most * 4]).split()) or "–"
    return line if len(line) <= most else line[: most - 1].rstrip() + "…"


def _mrkdwn(text: str, most: int = 200) -> str:
    """The same, escaped for mrkdwn, at most `most` characters afterwards: no mention, link or formatting can come
    out of a name."""
    line = _plain(text, most)
    while len(escaped := "".join(_ESCAPED.get(c, c) for c in line)) > most:
        line = _plain(line, len(line) - (len(escaped) - most + 9) // 10)
    return escaped


def _url(link: str) -> str:
    return link.replace("&", "&amp;").replace("<", "%3C").replace(">", "%3E").replace("|", "%7C")


def _address(settings: Settings) -> str | None:
    return None if settings.slack_webhook_url is None else settings.slack_webhook_url.get_secret_value()


SLACK = Channel("slack", _address, message)
