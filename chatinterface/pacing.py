"""Sending no faster than the browser reads.

Daphne takes whatever it is given and keeps it in memory: without this, a large file costs the server all of its size
for each reader who is slow. Other servers let ``send`` wait by themselves.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any

Send = Callable[[Mapping[str, Any]], Awaitable[None]]


def paced(send: Send) -> Send:
    """The same ``send``, which waits while what was sent before is not on its way, where Daphne is the server."""
    # It is not imported here: who has another server need not have Twisted loaded.
    daphne: Any = sys.modules.get("daphne.http_protocol")
    request = send.args[0] if isinstance(send, partial) and send.args else None
    if daphne is None or not isinstance(request, daphne.WebRequest) or request.channel is None or request.producer:
        return send
    return _Paced(request, send)


class _Paced:
    """What Twisted calls a push producer."""

    def __init__(self, request: Any, send: Send) -> None:
        self._request = request
        self._send = send
        self._room = asyncio.Event()
        self._room.set()
        request.registerProducer(self, streaming=True)

    async def __call__(self, message: Mapping[str, Any]) -> None:
        await self._room.wait()
        if not message.get("more_body", message["type"] == "http.response.start") and self._request.producer is self:
            self._request.unregisterProducer()
        await self._send(message)

    def pauseProducing(self) -> None:
        self._room.clear()

    def resumeProducing(self) -> None:
        self._room.set()

    def stopProducing(self) -> None:
        """The reader has gone."""
        self._room.set()
