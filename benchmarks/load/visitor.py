"""One visitor of a chat without a browser: the page, its socket, what is posted, and what is shown of it."""

import asyncio
import html
import json
import re
import socket
import time
from contextlib import suppress
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

import aiohttp

from benchmarks.load.gauges import Gauges
from tests.content.reader import Page

# Seconds after which what is waited for counts as never coming.
PATIENCE = 120.0

# Seconds until a socket that was not let in is tried again.
AGAIN = 1.0

# Characters of patches after which a browser acknowledges them.
ACKNOWLEDGE = 16384

TAG = re.compile(r"<[^>]*>")
REPLY = re.compile(r'data-message="(\d+)" data-role="assistant" data-status="(\w+)"')
OPEN = frozenset({"queued", "running"})


class Incomplete(Exception):
    """What is shown of a reply is not what was said."""


class Site:
    """A server on this machine, and the connections to it; ``gauged`` where it says what it holds.

    Raises ValueError for any other machine's.
    """

    def __init__(self, origin: str, *, gauged: bool = True) -> None:
        parts = urlsplit(origin)
        if parts.scheme != "http" or not _is_loopback(parts.hostname or ""):
            raise ValueError(f"{origin} is not on this machine: load is only for http://127.0.0.1:PORT.")
        self.origin = f"http://{parts.netloc}"
        self.host, self.port = str(parts.hostname), int(parts.port or 80)
        self.gauged = gauged
        self._connector: aiohttp.TCPConnector | None = None

    async def __aenter__(self) -> "Site":
        self._connector = aiohttp.TCPConnector(limit=0)
        return self

    async def __aexit__(self, *_error: object) -> None:
        assert self._connector is not None
        await self._connector.close()

    def client(self) -> aiohttp.ClientSession:
        """A browser's cookies and connections."""
        jar = aiohttp.CookieJar(unsafe=True)
        timeout = aiohttp.ClientTimeout(total=PATIENCE)
        return aiohttp.ClientSession(
            self.origin, connector=self._connector, connector_owner=False, cookie_jar=jar, timeout=timeout
        )

    async def gauges(self) -> Gauges:
        """What the server holds now."""
        async with self.client() as client, client.get("/gauges/") as response:
            response.raise_for_status()
            return Gauges(**await response.json())


@dataclass(slots=True)
class Reply:
    """What a visitor has seen of one reply; times are those of time.perf_counter()."""

    asked: float
    page: Page = field(default_factory=Page)
    # When each patch came.
    shown: list[float] = field(default_factory=list)
    # When its end came; 0 before.
    over: float = 0.0
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    began: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def first(self) -> float:
        """Seconds from the send to its first text."""
        return self.shown[0] - self.asked

    @property
    def done(self) -> float:
        """Seconds from the send to its end."""
        return self.over - self.asked

    @property
    def gaps(self) -> list[float]:
        """Seconds between its patches."""
        return [after - before for before, after in zip(self.shown, self.shown[1:], strict=False)]


class Visitor:
    """Somebody with a page of the chat `bench`, whose socket is read all the time while it is open."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.client = site.client()
        self.replies: dict[int, Reply] = {}
        self._awaited: Reply | None = None
        self._posting = asyncio.Lock()
        self._socket: aiohttp.ClientWebSocketResponse | None = None
        self._reader: asyncio.Task[None] | None = None
        self._received = self._acknowledged = 0

    async def __aenter__(self) -> "Visitor":
        return self

    async def __aexit__(self, *_error: object) -> None:
        await self.disconnect()
        await self.client.close()

    async def open(self) -> "Visitor":
        """Load the page of a new conversation."""
        return await self._load("/chat/bench/")

    async def reopen(self) -> "Visitor":
        """Load the page of this conversation again."""
        return await self._load(f"/chat/bench/c/{self.uuid}/")

    async def connect(self) -> "Visitor":
        """Open the page's socket, again where the server is too busy to let it in. Raises Incomplete in the end."""
        self._received = self._acknowledged = 0
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                self._socket = await self.client.ws_connect(self.socket_url, origin=self.site.origin, max_msg_size=0)
                break
            except aiohttp.WSServerHandshakeError as error:
                if time.monotonic() > deadline:
                    raise Incomplete(f"the socket is not let in: {error}") from None
                await asyncio.sleep(AGAIN)
        self._reader = asyncio.create_task(self._read(self._socket))
        return self

    async def disconnect(self) -> None:
        """Close the socket as a browser does that leaves the page."""
        if self._socket is not None:
            await self._socket.close()
            await self._stop_reading()

    async def tear(self) -> None:
        """Let the connection break: nothing is said any more."""
        assert self._socket is not None
        with suppress(OSError):
            self._socket.get_extra_info("socket").shutdown(socket.SHUT_RDWR)
        await self._stop_reading()

    async def ask(self, count: int, milliseconds: float, tag: str) -> Reply:
        """Post a message for so many tokens; returns as soon as it is accepted."""
        reply = self._awaited = Reply(time.perf_counter())
        await self._post("send", {"message": f"{count} {milliseconds} {tag}", "token": self.token})
        return reply

    async def stop(self) -> None:
        """Stop the reply that is being written."""
        await self._post("stop", {})

    async def follow(self, reply: Reply) -> Reply:
        """Wait for the end of a reply. Raises Incomplete where it does not come."""
        try:
            await asyncio.wait_for(reply.ended.wait(), PATIENCE)
        except TimeoutError:
            raise Incomplete(f"no end within {PATIENCE:g} s of {len(reply.shown)} patches") from None
        return reply

    async def stored(self) -> str:
        """What a page of this conversation shows that is loaded now."""
        async with self.client.get(f"/chat/bench/c/{self.uuid}/") as response:
            response.raise_for_status()
            return await response.text()

    async def _load(self, path: str) -> "Visitor":
        async with self.client.get(path) as response:
            response.raise_for_status()
            page = await response.text()
        self.uuid = _attribute(page, "data-conversation")
        self.socket_url = f"{_attribute(page, 'data-socket-url')}&revision={_attribute(page, 'data-revision')}"
        self.csrf = _attribute(page, "value", 'name="csrfmiddlewaretoken" ')
        self.token = _attribute(page, "value", 'name="token" ') if 'name="token"' in page else ""
        return self

    async def _post(self, action: str, data: dict[str, str]) -> None:
        headers = {"X-CSRFToken": self.csrf, "HX-Request": "true", "Origin": self.site.origin}
        path = f"/chat/bench/c/{self.uuid}/{action}/"
        async with self._posting, self.client.post(path, data=data, headers=headers) as response:
            if response.status != 204:
                raise Incomplete(f"{action} was answered with {response.status}: {await response.text()}")

    async def _read(self, frames: aiohttp.ClientWebSocketResponse) -> None:
        async for message in frames:
            await self._take(json.loads(message.data), time.perf_counter())

    async def _take(self, frame: dict[str, Any], now: float) -> None:
        if frame["type"] == "log.changed":
            await self._refetch()
            return
        if frame["type"] == "message.added" and self._awaited is not None:
            self.replies[frame["message"]], self._awaited = self._awaited, None
        reply = self.replies.get(frame.get("message", 0))
        if reply is None:
            return
        if frame["type"] == "message.patch":
            reply.shown.append(now)
            reply.page.apply(frame)
            reply.began.set()
            await self._acknowledge(len(frame["tail"]))
        elif frame["type"] == "message.settled":
            if "body" in frame:
                reply.page = Page.of(frame["body"])
            reply.over = now
            reply.ended.set()

    async def _refetch(self) -> None:
        """Something of the log was missed: look at all of it, and ask for what is being written."""
        async with self._posting:
            # The first message makes the session, which its answer brings.
            page = await self.stored()
        message, status = _last_reply(page)
        if not message:
            return
        if message not in self.replies and self._awaited is not None:
            self.replies[message], self._awaited = self._awaited, None
        reply = self.replies.get(message)
        if reply is None or reply.ended.is_set():
            return
        if status in OPEN:
            await self._send({"type": "ack", "message": message, "seq": 0})
        else:
            reply.page, reply.over = Page.of(page), time.perf_counter()
            reply.began.set()
            reply.ended.set()

    async def _acknowledge(self, size: int) -> None:
        self._received += size
        if self._received - self._acknowledged >= ACKNOWLEDGE:
            self._acknowledged = self._received
            await self._send({"type": "ack", "bytes": self._received})

    async def _send(self, frame: dict[str, Any]) -> None:
        if self._socket is not None:
            await self._socket.send_str(json.dumps(frame))

    async def _stop_reading(self) -> None:
        assert self._reader is not None
        self._reader.cancel()
        # Whatever it ended with: the socket is gone.
        await asyncio.gather(self._reader, return_exceptions=True)
        self._socket = self._reader = None


def numbers(shown: str, tag: str) -> list[int]:
    """The numbers of the tokens with this tag that a piece of HTML shows, in their order."""
    return [int(number) for number in re.findall(rf"\b{tag}(\d+)\b", TAG.sub("", shown))]


def require_complete(shown: str, tag: str, count: int) -> None:
    """Raise Incomplete unless the HTML shows so many tokens, each once and in order."""
    require_order(shown, tag)
    if (found := len(numbers(shown, tag))) != count:
        raise Incomplete(f"{found} of {count} tokens of {tag} are shown")


def require_settled(page: str) -> None:
    """Raise Incomplete while the last reply on a page is still being written, by its own word."""
    if _last_reply(page)[1] in OPEN:
        raise Incomplete("the last reply is still being written")


def require_order(shown: str, tag: str) -> None:
    """Raise Incomplete unless the tokens that the HTML shows are the first ones, each once and in order."""
    found = numbers(shown, tag)
    if found != list(range(len(found))):
        raise Incomplete(f"the tokens of {tag} are shown out of order, or not all of them once")


def _last_reply(page: str) -> tuple[int, str]:
    """The id of the last reply on a page, and how it stands; 0 where there is none."""
    shown = REPLY.findall(page)
    return (int(shown[-1][0]), shown[-1][1]) if shown else (0, "")


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _attribute(page: str, name: str, before: str = "") -> str:
    found = re.search(rf'{before}{name}="([^"]*)"', page)
    if found is None:
        raise Incomplete(f"the page has no {name}")
    return html.unescape(found[1])
