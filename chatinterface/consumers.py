"""The websocket: what happens in a conversation, down to one open page. Up come flow control and plain messages."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from functools import partial
from typing import Any
from uuid import UUID

from channels.consumer import get_handler_name
from channels.exceptions import StopConsumer
from channels.generic.websocket import AsyncWebsocketConsumer
from django.core.handlers.asgi import get_script_prefix
from django.db import DatabaseError, InterfaceError
from django.urls import set_script_prefix
from django.utils.translation import gettext as _

from chatinterface import by_socket, conf, events, metrics, serving
from chatinterface.actions.dispatch import begin
from chatinterface.actions.talking import take
from chatinterface.delivery import Delivery, Verdict
from chatinterface.handshake import (
    AWAY,
    BAD_FRAME,
    LOG_IN,
    MOVED,
    NOT_FOUND,
    TOO_SLOW,
    Grant,
    Refused,
    authorise,
    check_origin,
    claimed_session,
)
from chatinterface.outages import away
from chatinterface.pulse import pulse
from chatinterface.runs.recovery import catch_up
from chatinterface.threads import in_access, in_database, in_request_thread

logger = logging.getLogger("chatinterface.sockets")

# Seconds without output after which a reply that is being written is asked about.
SILENCE = 2.0

# The most frames in a second that a page has reason to send.
FRAMES_PER_SECOND = 200

# Seconds until a page may ask for the same reply again.
ASK_AGAIN = 0.5

# The most replies that a page may ask for in a second; who asks for more is not answered.
ASKS_PER_SECOND = 20


class ChatConsumer(AsyncWebsocketConsumer):
    """One open page. Everything it holds is keyed by its own channel, so a late end of it harms no later socket."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Serve the page until it goes.

        Not by way of the base's, which for each message makes a task and visits another thread to close database
        connections there: that costs more than sending what a reply has grown by.
        """
        serving.mark()
        set_script_prefix(get_script_prefix(scope))
        self.scope, self.base_send = scope, partial(_sent, send)
        try:
            self.channel_name = await events.new_channel()
        except events.Away:
            await self.close()
            return
        self._watcher: asyncio.Task[None] | None = None
        self._refused = self._counted = False
        self._groups: list[str] = []
        self._handling = asyncio.Lock()
        pumps = [
            asyncio.create_task(self._pump(source)) for source in (receive, partial(events.receive, self.channel_name))
        ]
        lost = pulse().watch()
        try:
            ended, _pending = await asyncio.wait({*pumps, lost}, return_when=asyncio.FIRST_COMPLETED)
            if lost in ended:
                await self.close(AWAY)
            with suppress(StopConsumer):
                ended.pop().result()
        except (events.Away, DatabaseError, InterfaceError) as error:
            away("A socket is given up: %s", error, event="socket.lost")
            await self.close(AWAY)
        except asyncio.CancelledError:
            # The server ends.
            await self.close(AWAY)
            raise
        finally:
            lost.cancel()
            if self._counted:
                metrics.sockets_open.add(-1)
            for pump in pumps:
                pump.cancel()
            # Here and not in disconnect(), which the server does not call after an error.
            if self._watcher is not None:
                self._watcher.cancel()
            for group in self._groups:
                await events.leave(group, self.channel_name)

    async def dispatch(self, message: dict[str, Any]) -> None:
        """Handle a message of the server or the channel layer, one at a time. Whoever was refused gets nothing more."""
        async with self._handling:
            if not self._refused or message["type"] == "websocket.disconnect":
                await getattr(self, get_handler_name(message))(message)

    async def _pump(self, receive: Callable[[], Awaitable[dict[str, Any]]]) -> None:
        while True:
            await self.dispatch(await receive())

    async def connect(self) -> None:
        self._uuid: UUID = self.scope["url_route"]["kwargs"]["uuid"]
        self._delivery = Delivery(window=conf.get().window)
        # Whether there is a reply to watch over, and what wakes the watcher when there is one.
        self._watchful = False
        self._woken = asyncio.Event()
        self._heard = self._checked = self._progress = self._second = asyncio.get_running_loop().time()
        self._frames = self._asks = 0
        # When each reply was last asked for.
        self._asked: dict[int, float] = {}
        self._sending: asyncio.Task[None] | None = None
        async with self._refusing():
            grant = await self._admitted()
            await self.accept()
            self._counted = True
            metrics.sockets_opened.add()
            metrics.sockets_open.add()
            self._delivery.revision = grant.revision
            if grant.listed:
                await self._join(grant.listed)
            if grant.revision != grant.shown:
                await self._send({"type": events.LOG_CHANGED, "revision": grant.revision})
            elif grant.revision:
                await self._catch_up()
            self._watcher = asyncio.create_task(self._watch())

    async def _admitted(self) -> Grant:
        """What the visitor may read. Where that cannot be found out now, the page is not let in, and tries again."""
        try:
            check_origin(self.scope)
            # Joined before the database is read, so that nothing falls in between; no event is handled until this
            # returns.
            await self._join(events.conversation_group(self._uuid))
            if session_key := claimed_session(self.scope):
                await self._join(events.session_group(session_key))
            return await in_access(authorise, self.scope, self._uuid)
        except Refused:
            # A refusal that is not accepted would be a 403, which browsers answer by trying for ever.
            await self.accept()
            raise

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        async with self._refusing():
            self._count_frame()
            frame = by_socket.parse(text_data)
            if frame is None:
                raise Refused(BAD_FRAME, _("Nothing is expected here but messages and acknowledgements."))
            if frame["type"] == events.SEND:
                return await self._take(frame["key"], frame["text"])
            now = asyncio.get_running_loop().time()
            if "message" in frame:
                if now - self._asked.get(frame["message"], 0.0) >= ASK_AGAIN and self._may_ask():
                    self._delivery.sent.pop(frame["message"], None)
                    # Of an id that is no reply of the conversation nothing is kept.
                    if frame["message"] in await self._catch_up([frame["message"]]):
                        self._asked[frame["message"]] = now
                return
            self._progress = now
            missed = self._delivery.acknowledge(frame["bytes"])
            if missed is Verdict.REFETCH:
                await self._send({"type": events.LOG_CHANGED, "revision": self._delivery.revision})
            elif missed is Verdict.SNAPSHOT:
                await self._catch_up(list(self._delivery.sent))

    async def _take(self, key: str, text: str) -> None:
        """Take a message while frames go on to be handled; one after the other, as a page sends them."""
        if self._sending is not None and not self._sending.done():
            await self._send({"type": events.UNSENT, "key": key})
        else:
            self._sending = asyncio.create_task(self._answer(key, text))

    async def _answer(self, key: str, text: str) -> None:
        answer, job = await in_request_thread(take, self.scope, self._uuid, key, text)
        if job is not None:
            await begin(job)
        if not self._refused:
            await self._send(answer)

    async def chat_frame(self, event: dict[str, Any]) -> None:
        """Something happened in the conversation."""
        if not self._delivery.behind:
            self._progress = asyncio.get_running_loop().time()
        verdict = self._delivery.judge(event)
        if verdict is Verdict.FORWARD:
            self._heard = asyncio.get_running_loop().time()
            if not self._watchful:
                self._woken.set()
            if event["kind"] == events.MESSAGE_PATCH:
                metrics.patches_sent.add()
            await self.send(text_data=event["frame"])
        elif verdict is Verdict.SNAPSHOT:
            await events.ask_snapshot(event["message"], self.channel_name)
        elif verdict is Verdict.COMPLETE:
            await self._catch_up([event["message"]])
        elif verdict is Verdict.REFETCH:
            await self._send({"type": events.LOG_CHANGED, "revision": self._delivery.revision})

    async def chat_logout(self, event: dict[str, Any]) -> None:
        """The visitor has logged out, in whichever tab."""
        async with self._refusing():
            raise Refused(LOG_IN, _("You are logged out."))

    async def chat_login(self, event: dict[str, Any]) -> None:
        """The visitor has logged in, in whichever tab: what was the session's is the user's now."""
        async with self._refusing():
            raise Refused(MOVED, _("You are logged in now."))

    async def chat_recheck(self, event: dict[str, Any]) -> None:
        """The conversation may not be there any more."""
        async with self._refusing():
            await self._check()

    async def _watch(self) -> None:
        while not self._refused:
            self._watchful = bool(self._delivery.sent) or self._delivery.behind
            with suppress(TimeoutError):
                async with asyncio.timeout(SILENCE if self._watchful else conf.get().access_check):
                    await self._woken.wait()
            self._woken.clear()
            try:
                async with self._handling, self._refusing():
                    await self._tick(asyncio.get_running_loop().time())
            except (events.Away, DatabaseError, InterfaceError) as error:
                away("An open page could not be looked after: %s", error, event="socket.unchecked")
            except Exception:
                # Whether the visitor may still read is not known: the page finds out when it comes again.
                logger.exception("An open page could not be checked", extra={"event": "socket.unchecked"})
                self._refused = True
                await self.close(AWAY)

    async def _tick(self, now: float) -> None:
        if now - self._checked >= conf.get().access_check:
            self._checked = now
            # A layer may have forgotten who joined long ago.
            for group in self._groups:
                await events.join(group, self.channel_name)
            grant = await self._check()
            if self._delivery.refresh(grant.revision):
                await self._send({"type": events.LOG_CHANGED, "revision": grant.revision})
        if self._delivery.behind and now - self._progress > conf.get().slow_client:
            raise Refused(TOO_SLOW, _("The connection is too slow to follow the conversation."))
        if self._delivery.sent and now - self._heard >= SILENCE:
            self._heard = now
            await self._catch_up(list(self._delivery.sent))

    async def _check(self) -> Grant:
        grant = await in_access(authorise, self.scope, self._uuid, again=True)
        if self._delivery.revision and not grant.revision:
            raise Refused(NOT_FOUND, _("There is no such conversation."))
        return grant

    async def _catch_up(self, replies: list[int] | None = None) -> set[int]:
        """Tell the page how replies stand (by default all being written): their end, or all said so far.

        Returns the ids of those that it was told of.
        """
        state = await in_database(catch_up, self._uuid, replies)
        for reply in set(replies or ()).difference(state.writing):
            self._delivery.sent.pop(reply, None)
        for frame in state.settled:
            self._delivery.settle(frame["message"])
            # The log may have changed in other ways too, of which the page has still to be told.
            await self._send({**frame, "revision": self._delivery.revision})
        for reply in state.writing:
            self._delivery.sent.setdefault(reply, None)
            await events.ask_snapshot(reply, self.channel_name)
        return {*state.writing, *(frame["message"] for frame in state.settled)}

    async def _join(self, group: str) -> None:
        self._groups.append(group)
        await events.join(group, self.channel_name)

    def _count_frame(self) -> None:
        now = asyncio.get_running_loop().time()
        if now - self._second >= 1:
            self._second, self._frames, self._asks = now, 0, 0
        self._frames += 1
        if self._frames > FRAMES_PER_SECOND:
            raise Refused(BAD_FRAME, _("Too many frames."))

    def _may_ask(self) -> bool:
        self._asks += 1
        return self._asks <= ASKS_PER_SECOND

    async def _send(self, frame: events.Frame) -> None:
        await self.send(text_data=events.encode(frame))

    @asynccontextmanager
    async def _refusing(self) -> AsyncIterator[None]:
        try:
            yield
        except Refused as refusal:
            self._refused = True
            metrics.sockets_refused.add(1, str(refusal.code))
            extra = {"event": "socket.refused", "code": refusal.code}
            logger.info("A socket is refused: %s", refusal.code, extra=extra)
            await self._send({"type": events.ERROR, "code": refusal.code, "detail": refusal.detail})
            await self.close(refusal.code)


async def _sent(send: Callable[[dict[str, Any]], Awaitable[None]], message: dict[str, Any]) -> None:
    # A page that is gone, of which the server is still to tell, cannot be sent anything: autobahn, by which Daphne
    # serves, says so by a RuntimeError, other servers by an OSError.
    with suppress(OSError, RuntimeError):
        await send(message)
