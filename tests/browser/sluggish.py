"""The demo site with sockets that pause after their first patch: a small channel cannot hold what comes meanwhile."""

import asyncio
from typing import Any

from project.asgi import application as application

# isort: split
# Only now there are models.
from chatinterface import events
from chatinterface.consumers import ChatConsumer

# Seconds in which a reply publishes more patches than a channel of 5 holds, however busy the server is.
PAUSE = 2.5
_forward = ChatConsumer.chat_frame


async def chat_frame(self: ChatConsumer, event: dict[str, Any]) -> None:
    """Forward, and pause after the first patch."""
    await _forward(self, event)
    if event["kind"] == events.MESSAGE_PATCH and event["seq"] == 1:
        await asyncio.sleep(PAUSE)


ChatConsumer.chat_frame = chat_frame  # type: ignore[method-assign]
