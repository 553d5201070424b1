"""A tab with a chat, without a browser: it posts through the site's whole stack and follows the rules of the wire."""

import asyncio
import html
import json
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, cast
from uuid import UUID

from channels.routing import URLRouter
from channels.testing import WebsocketCommunicator
from django.contrib.auth.models import AnonymousUser
from django.http import HttpResponse
from django.test import AsyncClient
from django.urls import reverse

from chatinterface import conversations, events, registry
from chatinterface.history import Visitor, with_leases
from chatinterface.models import Conversation, Message
from chatinterface.routing import websocket_urlpatterns
from chatinterface.runs.ending import running
from tests.content.reader import Page

# Seconds after which what is waited for counts as never coming.
PATIENCE = 60.0

ARTICLE = re.compile(
    r'<article [^>]*data-message="(?P<pk>\d+)"[^>]*data-status="(?P<status>\w+)".*?'
    r"data-message-body[^>]*>(?P<body>.*?)</div>\s*<(?:div class=\"ci-waiting|footer)",
    re.DOTALL,
)

Frame = dict[str, Any]


class Closed(Exception):
    """The server closed the socket, with this code."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


class Inbox(asyncio.Queue[Any]):
    """Whose ``join`` waits until everything has been taken."""

    async def get(self) -> Any:
        item = await super().get()
        self.task_done()
        return item


class Tab:
    """What a tab shows of each message is in ``shown`` and ``status``, by their ids; ``frames`` is all that arrived."""

    def __init__(self, client: AsyncClient, name: str, page: str) -> None:
        self.client = client
        self.name = name
        self.uuid = UUID(_attribute(page, "data-conversation"))
        self.token = html.unescape(_attribute(page, "value", 'name="token" ') if 'name="token"' in page else "")
        self.revision = int(_attribute(page, "data-revision"))
        self.frames: list[Frame] = []
        self.shown: dict[int, Page] = {}
        self.status: dict[int, str] = {}
        # Replies whose patches are applied; False while a snapshot is on its way.
        self._streams: dict[int, bool] = {}
        self._applied = 0
        self._add(page)

    @classmethod
    async def open(cls, name: str, client: AsyncClient | None = None, uuid: UUID | None = None) -> "Tab":
        """The page of a new conversation, or of an existing one."""
        client = client or AsyncClient()
        address = reverse("chatinterface:conversation", args=[name, uuid]) if uuid else f"/chat/{name}/"
        return cls(client, name, (await client.get(address)).content.decode())

    async def again(self) -> "Tab":
        """The same conversation in a tab that is opened now."""
        return await Tab.open(self.name, self.client, self.uuid)

    def url(self, view: str, *arguments: Any) -> str:
        """An address of this conversation."""
        return reverse(f"chatinterface:{view}", args=[self.name, self.uuid, *arguments])

    async def send(self, message: str, **fields: Any) -> HttpResponse:
        """Post a message."""
        return await self._post("send", {"message": message, "token": self.token, **fields})

    async def stop(self) -> HttpResponse:
        """Post a stop."""
        return await self._post("stop")

    async def stop_reply(self, message: int) -> HttpResponse:
        """Post the stop of one reply."""
        return await self._post("stop-reply", None, message)

    async def rerun(self, message: int) -> HttpResponse:
        """Post "Try again" or "Run again" on a reply."""
        return await self._post("rerun", None, message)

    async def act(self, view: str, *arguments: Any, **fields: Any) -> HttpResponse:
        """Post one of the actions that have no method of their own here."""
        return await self._post(view, fields, *arguments)

    async def flag(self, message: int, option: str, **fields: Any) -> HttpResponse:
        """Post what a reader thinks of a message."""
        return await self._post("flag", {"option": option, **fields}, message)

    async def ask(self, message: str) -> Message:
        """Post a message, and return its reply when it has ended."""
        response = await self.send(message)
        assert response.status_code == 204, response.content.decode()
        await ended()
        return await self.reply()

    async def reply(self) -> Message:
        """The last reply, as it is in the database."""
        replies = Message.objects.filter(conversation__uuid=self.uuid, role=Message.Role.ASSISTANT)
        return await replies.select_related("run", "conversation").alatest("pk")

    @asynccontextmanager
    async def connected(self, query: str = "", headers: Mapping[str, str] | None = None) -> AsyncIterator["Tab"]:
        """With the tab's socket open."""
        path = f"/ws/chatinterface/{self.uuid}/?revision={self.revision}&token={self.token}{query}"
        self.socket = communicator(path, self.client, headers)
        assert await self.socket.connect(PATIENCE) == (True, None)
        # Taken as soon as the handshake is over.
        await self.say({"type": "ack", "bytes": 0})
        await self.socket.input_queue.join()
        try:
            yield self
        finally:
            await self.leave()

    async def leave(self) -> None:
        """Close the tab, and wait until the server has seen it."""
        if not self.socket.future.done():
            await self.socket.send_input({"type": "websocket.disconnect", "code": 1001})
        await self.socket.wait(PATIENCE)

    async def say(self, frame: object) -> None:
        """Send a frame up."""
        await self.socket.send_input({"type": "websocket.receive", "text": json.dumps(frame)})

    async def receive(self) -> Frame:
        """The next frame, untouched. Raises Closed."""
        event = await self.socket.receive_output(PATIENCE)
        if event["type"] == "websocket.close":
            raise Closed(event["code"])
        frame: Frame = json.loads(event["text"])
        self.frames.append(frame)
        return frame

    async def next(self) -> Frame:
        """The next frame, done as it says. Raises Closed."""
        frame = await self.receive()
        self.revision = frame.get("revision", self.revision)
        match frame["type"]:
            case "message.added":
                for pk in frame["removed"]:
                    self.shown.pop(pk, None)
                    self.status.pop(pk, None)
                self._add(frame["html"])
            case "message.patch":
                await self._patch(frame)
            case "message.settled":
                await self._settle(frame)
            case "log.changed":
                await self.fetch()
            case "run.state":
                if frame["message"] in self.unfinished:
                    self.status[frame["message"]] = frame["status"]
        return frame

    async def until(self, kind: str, **values: Any) -> Frame:
        """Follow the frames until one of this type has these values."""
        while True:
            frame = await self.next()
            if frame["type"] == kind and values.items() <= frame.items():
                return frame

    async def shows(self, text: str) -> None:
        """Follow the frames until the last message contains this."""
        while not self.shown or text not in self.last:
            await self.next()

    async def settled(self) -> None:
        """Follow the frames until the last message is no longer being written."""
        while not self.status or self.unfinished:
            await self.next()

    @property
    def unfinished(self) -> list[int]:
        """The replies that are being written or wait."""
        return [pk for pk, status in self.status.items() if status in Message.OPEN]

    @property
    def last(self) -> str:
        """The HTML of the last message."""
        return self.shown[max(self.shown)].html

    @property
    def kinds(self) -> list[str]:
        """The types of the frames that arrived."""
        return [frame["type"] for frame in self.frames]

    async def fetch(self) -> None:
        """Load the log anew."""
        response = await self.client.get(self.url("log"))
        page = response.content.decode()
        self.revision = int(_attribute(page, "data-revision"))
        self.shown.clear()
        self.status.clear()
        self._add(page)
        for pk in self.unfinished:
            await self.say({"type": "ack", "message": pk, "seq": 0})

    async def complete(self, message: int) -> str:
        """Fetch what was too long for a frame; returns the message's HTML."""
        page, pending = self.shown[message], True
        while pending:
            pending = False
            for address in page.fetched:
                response = await self.client.get(address)
                if response.status_code == 200:
                    page.complete(address, response.content.decode())
                else:
                    pending = True
                    await asyncio.sleep(0.01)
        return page.html

    async def conversation(self) -> Conversation:
        """The conversation, as it is in the database."""
        return await with_leases(Conversation.objects.select_related("leaf__run")).aget(uuid=self.uuid)

    async def _post(self, view: str, data: dict[str, Any] | None = None, *arguments: Any) -> HttpResponse:
        return cast("HttpResponse", await self.client.post(self.url(view, *arguments), data))

    def _add(self, page: str) -> None:
        for found in ARTICLE.finditer(page):
            pk = int(found["pk"])
            self.shown[pk], self.status[pk] = Page.of(found["body"]), found["status"]
            self._streams.pop(pk, None)

    async def _patch(self, frame: Frame) -> None:
        for each in (frame, *frame.get("changes", ())):
            self._applied += sum(len(each.get(name, "").encode("utf-16-le")) // 2 for name in events.CONTENT)
        pk, reset = frame["message"], frame.get("reset", False)
        if pk not in self.shown:
            return
        if reset or (pk not in self._streams and frame["keep"] == 0 and not self.shown[pk].html):
            self._streams[pk] = True
        if self._streams.get(pk):
            self.shown[pk].apply(frame)
        elif pk not in self._streams:
            self._streams[pk] = False
            await self.say({"type": "ack", "message": pk, "seq": 0})

    async def _settle(self, frame: Frame) -> None:
        pk = frame["message"]
        if pk not in self.shown:
            return
        self.status[pk] = frame["status"]
        if "fetch" in frame:
            self._add((await self.client.get(frame["fetch"])).content.decode())
        elif "body" in frame:
            self.shown[pk] = Page.of(frame["body"])

    async def acknowledge(self) -> None:
        """Tell the server how much has been applied."""
        await self.say({"type": "ack", "bytes": self._applied})


def communicator(path: str, client: AsyncClient, headers: Mapping[str, str] | None = None) -> WebsocketCommunicator:
    """A socket as a browser opens it: from a page of this site, with the visitor's cookies."""
    cookies = "; ".join(f"{morsel.key}={morsel.value}" for morsel in client.cookies.values())
    sent = {"host": "testserver", "origin": "http://testserver", "cookie": cookies, **(headers or {})}
    encoded = [(name.encode(), value.encode("latin-1")) for name, value in sent.items()]
    opened = WebsocketCommunicator(URLRouter(websocket_urlpatterns), path, encoded)
    opened._input_queue = Inbox()
    return opened


def meanwhile(conversation: Conversation) -> None:
    """Have another tab send something, whose reply is still being written."""
    interface = registry.find(conversation.interface)
    assert interface is not None
    who = Visitor(user=conversation.user or AnonymousUser(), session_key=conversation.session_key)
    conversations.send(interface, who, conversation.uuid, "meanwhile", worker="another")


async def ended() -> None:
    """Wait for the end of all runs."""
    while running.tasks:
        done, _ = await asyncio.wait(set(running.tasks), timeout=PATIENCE)
        assert done, "a run does not end"


def _attribute(page: str, name: str, before: str = "") -> str:
    found = re.search(rf'{before}{name}="([^"]*)"', page)
    assert found is not None, f"the page has no {name}:\n{page}"
    return found[1]
