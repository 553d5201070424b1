"""The channel layer of a site that one process serves, at a price that open pages do not raise."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from contextlib import suppress
from copy import deepcopy
from typing import Any

from channels import layers
from channels.exceptions import ChannelFull

# Seconds between two looks for what nobody has fetched.
CLEANING = 1.0

# What cannot be changed, and needs no copy.
CONSTANT = frozenset({str, bytes, int, float, bool, type(None)})


class InMemoryChannelLayer(layers.InMemoryChannelLayer):
    """Channels' own, and configured as that is.

    Channels' own looks through all channels and all groups at each message that it sends or receives, for those that
    have expired: with 100 pages that follow a reply, a quarter of the server's time goes into it, and with more pages
    more. Here it does so once a second. Nor is a task made for each page that a message is for, or a queue for each
    message that is received.
    """

    _cleaned = 0.0

    async def send(self, channel: str, message: dict[str, Any]) -> None:
        """See Channels. Raises ChannelFull."""
        assert isinstance(message, dict), "message is not a dict"
        assert "__asgi_channel__" not in message
        self.require_valid_channel_name(channel)
        self._put(channel, message)

    async def receive(self, channel: str) -> dict[str, Any]:
        """See Channels."""
        self.require_valid_channel_name(channel)
        self._clean_expired()
        queue = self._queue(channel)
        try:
            _expires, message = await queue.get()
        finally:
            if queue.empty():
                self.channels.pop(channel, None)
        return message

    async def group_send(self, group: str, message: dict[str, Any]) -> None:
        """See Channels."""
        assert isinstance(message, dict), "Message is not a dict"
        self.require_valid_group_name(group)
        self._clean_expired()
        for channel in self.groups.get(group, ()):
            with suppress(ChannelFull):
                self._put(channel, message)

    def _put(self, channel: str, message: Mapping[str, Any]) -> None:
        try:
            self._queue(channel).put_nowait((time.time() + self.expiry, _copied(message)))
        except asyncio.QueueFull:
            raise ChannelFull(channel) from None

    def _queue(self, channel: str) -> asyncio.Queue[tuple[float, dict[str, Any]]]:
        queue: asyncio.Queue[tuple[float, dict[str, Any]]] | None = self.channels.get(channel)
        if queue is None:
            queue = self.channels[channel] = asyncio.Queue(maxsize=self.get_capacity(channel))
        return queue

    def _clean_expired(self) -> None:
        now = time.monotonic()
        if now - self._cleaned >= CLEANING:
            self._cleaned = now
            super()._clean_expired()


def _copied(message: Mapping[str, Any]) -> dict[str, Any]:
    """A copy of its own for each who gets it."""
    flat = all(type(value) in CONSTANT for value in message.values())
    return dict(message) if flat else deepcopy(dict(message))
