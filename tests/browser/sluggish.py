"""The demo site with sockets that pause after their first patch, until a reply has published more than they hold."""

import asyncio
from typing import Any

from project.asgi import application as application

# isort: split
# Only now there are models.
from chatinterface import events
from chatinterface.consumers import ChatConsumer

# More patches than a channel of 5 holds.
MANY = 12

_forward = ChatConsumer.chat_frame
_publish = events.publish
_full = asyncio.Event()


async def publish(uuid: Any, frame: events.Frame) -> None:
    """Publish, and say when it is the last of many patches."""
    await _publish(uuid, frame)
    if frame["type"] == events.MESSAGE_PATCH and frame["seq"] == MANY:
        _full.set()


async def chat_frame(self: ChatConsumer, event: dict[str, Any]) -> None:
    """Forward, and pause after the first patch."""
    await _forward(self, event)
    if event["kind"] == events.MESSAGE_PATCH and event["seq"] == 1:
        await _full.wait()


events.publish = publish
ChatConsumer.chat_frame = chat_frame  # type: ignore[method-assign]
