"""The ways to people: one module a channel. A new one is a module here and its name in NAMES."""

from collections.abc import Mapping
from importlib import import_module

from services.playbooks.channels.channel import Channel, Notice, Todo

NAMES = ("slack",)

CHANNELS: Mapping[str, Channel] = {name: import_module(f"{__name__}.{name}").CHANNEL for name in NAMES}

__all__ = ["CHANNELS", "Channel", "Notice", "Todo"]
