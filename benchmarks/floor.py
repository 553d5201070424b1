"""The floor: a bare ASGI application that sends each token as it comes to a page that renders nothing.

What no chat could be faster than, on this machine and this server: everything else is measured against it.
"""

import asyncio
from pathlib import Path
from typing import Any

from asgiref.typing import ASGIReceiveCallable, ASGISendCallable, Scope

from project.instruments import tokens

PAGE = Path(__file__).with_name("floor.html").read_bytes()


async def application(scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
    if scope["type"] == "http":
        await page(send)
    elif scope["type"] == "websocket":
        await talk(receive, send)


async def page(send: Any) -> None:
    """Answer any request with the page."""
    headers = [(b"content-type", b"text/html; charset=utf-8"), (b"content-length", str(len(PAGE)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": PAGE})


async def talk(receive: Any, send: Any) -> None:
    """Answer each `N D TAG [SHAPE]` with N tokens, D ms apart, one frame for each."""
    await receive()
    await send({"type": "websocket.accept"})
    while (event := await receive())["type"] == "websocket.receive":
        count, milliseconds, tag, *shape = event["text"].split()
        for token in tokens.tokens(int(count), tag, *shape):
            await send({"type": "websocket.send", "text": token})
            await asyncio.sleep(float(milliseconds) / 1000)
