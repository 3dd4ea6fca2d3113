"""Alerts as Slack messages, posted to an incoming webhook. Pure.

Slack's limits: 50 blocks, 150 characters of header, 3,000 of a section's text, about 13,200 in all. Everything here
is cut far below them, after control characters are taken out and before `& < >` are escaped.
"""

from typing import Any

from slack_sdk.models.blocks import Block, ContextBlock, HeaderBlock, MarkdownTextObject, PlainTextObject, SectionBlock

from services.playbooks.channels.channel import Channel, Notice, Todo, one_line
from services.playbooks.occasions import Why
from services.playbooks.wording import on
from shared.settings import Settings

_ESCAPED = {"&": "&amp;", "<": "&lt;", ">": "&gt;", **{mark: f"\u200b{mark}" for mark in "*_~`"}}
"""An invisible space before a mark keeps it from formatting."""


def message(notice: Notice) -> dict[str, Any]:
    """The body of the post: blocks, and `text` for where blocks are not shown."""
    blocks: list[Block] = [
        HeaderBlock(text=PlainTextObject(text=one_line(notice.title, 140), emoji=False)),
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


def _mrkdwn(text: str, most: int = 200) -> str:
    """The same, escaped for mrkdwn, at most `most` characters afterwards: no mention, link or formatting can come
    out of a name."""
    line = one_line(text, most)
    while len(escaped := "".join(_ESCAPED.get(c, c) for c in line)) > most:
        line = one_line(line, len(line) - (len(escaped) - most + 9) // 10)
    return escaped


def _url(link: str) -> str:
    return link.replace("&", "&amp;").replace("<", "%3C").replace(">", "%3E").replace("|", "%7C")


def _address(settings: Settings) -> str | None:
    return None if settings.slack_webhook_url is None else settings.slack_webhook_url.get_secret_value()


CHANNEL = Channel("slack", _address, message)
