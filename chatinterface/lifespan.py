"""What is done when a server that speaks the lifespan protocol ends, as Uvicorn and Hypercorn do; Daphne does not."""

from __future__ import annotations

from typing import Any

from chatinterface.runs.ending import running


async def lifespan(scope: Any, receive: Any, send: Any) -> None:
    """Have the runs of this process stored before it ends."""
    while True:
        message = await receive()
        if message["type"] == "lifespan.shutdown":
            await running.end()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
