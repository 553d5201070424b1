"""A tab without a browser that comes over the network, as any page does: to whichever process takes it."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from http.cookiejar import CookieJar
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, Request, build_opener

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from tests.tab import Closed, Frame, Tab

# Seconds after which what is waited for counts as never coming.
PATIENCE = 60.0


@dataclass(frozen=True, slots=True)
class Answer:
    """What a process has answered."""

    status_code: int
    content: bytes


class Visitor:
    """Whose cookies are kept, as those of a browser."""

    def __init__(self, site: Any, jar: CookieJar | None = None) -> None:
        self._site = site
        self._jar = CookieJar() if jar is None else jar
        self._opener = build_opener(HTTPCookieProcessor(self._jar))

    def at(self, site: Any) -> "Visitor":
        """The same visitor, who comes by another address: cookies know no ports."""
        return Visitor(site, self._jar)

    @property
    def cookies(self) -> str:
        """The cookies as a browser sends them."""
        return "; ".join(f"{cookie.name}={cookie.value}" for cookie in self._jar)

    async def get(self, path: str) -> Answer:
        """Ask for a page."""
        return await asyncio.to_thread(self._open, Request(self._site.url(path)))

    async def post(self, path: str, data: Mapping[str, Any] | None = None) -> Answer:
        """Post a form."""
        fields = urlencode(data or {}).encode()
        token = next((cookie.value for cookie in self._jar if cookie.name == "csrftoken"), None) or ""
        return await asyncio.to_thread(self._open, Request(self._site.url(path), fields, {"X-CSRFToken": token}))

    def socket(self, path: str) -> connect:
        """A websocket, opened as by a page of the site."""
        address = self._site.url(path)
        return connect(
            address.replace("http", "ws", 1),
            origin=self._site.url(""),
            additional_headers={"Cookie": self.cookies},
            max_size=None,
            open_timeout=PATIENCE,
        )

    def _open(self, request: Request) -> Answer:
        try:
            with self._opener.open(request, timeout=PATIENCE) as response:
                return Answer(response.status, response.read())
        except HTTPError as refusal:
            with refusal:
                return Answer(refusal.code, refusal.read())


class RemoteTab(Tab):
    """A tab of a visitor of a site that runs in other processes."""

    connection: ClientConnection

    @classmethod
    async def visit(cls, name: str, visitor: Visitor) -> "RemoteTab":
        """The page of a new conversation."""
        page = (await visitor.get(f"/chat/{name}/")).content.decode()
        return cls(visitor, name, page)  # type: ignore[arg-type]

    async def beside(self, site: Any = None) -> "RemoteTab":
        """The same conversation in a tab that is opened now, at the same address or another."""
        visitor: Any = self.client if site is None else self.client.at(site)  # type: ignore[attr-defined]
        page = (await visitor.get(self.url("conversation"))).content.decode()
        return RemoteTab(visitor, self.name, page)

    @asynccontextmanager
    async def connected(self, query: str = "", headers: Mapping[str, str] | None = None) -> AsyncIterator["RemoteTab"]:
        """With the tab's socket open, at whichever process takes it."""
        path = f"/ws/chatinterface/{self.uuid}/?chat={self.name}&revision={self.revision}&token={self.token}{query}"
        async with self.client.socket(path) as self.connection:  # type: ignore[attr-defined]
            # Taken as soon as the handshake is over.
            await self.say({"type": "ack", "bytes": 0})
            yield self

    async def say(self, frame: object) -> None:
        await self.connection.send(json.dumps(frame))

    async def receive(self) -> Frame:
        try:
            async with asyncio.timeout(PATIENCE):
                text = await self.connection.recv()
        except ConnectionClosed as closed:
            raise Closed(closed.rcvd.code if closed.rcvd is not None else 1006) from None
        frame: Frame = json.loads(text)
        self.frames.append(frame)
        return frame

    async def lost(self) -> int:
        """Follow the frames until the socket is closed; returns the code."""
        try:
            while True:
                await self.next()
        except Closed as closed:
            return closed.code
