"""The demo site with sockets slower than its replies, so that a small channel cannot hold what waits for them."""

import asyncio
from typing import Any

from project.asgi import application as application

# isort: split
# Only now there are models.
from chatinterface.consumers import ChatConsumer

DELAY = 0.2
_send = ChatConsumer.send


async def send(self: ChatConsumer, *args: Any, **kwargs: Any) -> None:
    """Send, and take a while."""
    await _send(self, *args, **kwargs)
    await asyncio.sleep(DELAY)


ChatConsumer.send = send
