"""The ways to people. A new one is one file here, and one line below."""

from collections.abc import Mapping

from services.playbooks.channels.channel import Channel, Notice, Todo
from services.playbooks.channels.slack import SLACK

CHANNELS: Mapping[str, Channel] = {channel.name: channel for channel in (SLACK,)}

__all__ = ["CHANNELS", "Channel", "Notice", "Todo"]
