"""Saying something besides what the callback returns: messages of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chatinterface.content.message import ChatMessage, message_of
from chatinterface.sessions.base import Session

if TYPE_CHECKING:
    from chatinterface.port import Port, Writing


class SentMessage:
    """A message that a session has added. Until its run ends, ``stream()`` can add to it, where it is not complete."""

    def __init__(self, port: Port) -> None:
        self._port = port
        self._writing: Writing = None

    @property
    def id(self) -> int | None:
        """The primary key of its row; None while it waits for its turn."""
        return self._writing.message.pk if self._writing is not None else None

    async def begin(self, message: ChatMessage) -> None:
        """On the run's event loop: add it to the log."""
        self._writing = await self._port.begin(message.user, message.avatar)

    async def say(self, value: object, *, replace: bool = False, whole: bool = False) -> None:
        """On the run's event loop: add to it, or let the value be all of it."""
        if self._writing is not None:
            await self._port.say(self._writing, value, replace=replace, whole=whole)

    async def complete(self) -> None:
        """On the run's event loop: nothing more is said in it."""
        await self._port.complete(self._writing)


class Speaking(Session):
    """As Panel's ``send`` and ``stream``, but for ``respond``: what is said does not call the callback again."""

    def send(self, value: object, user: str = "", avatar: str = "") -> SentMessage:
        """Add a message to the log, complete as it is: any value that a callback may return.

        ``user`` and ``avatar`` say who speaks, by default the chat's ``callback_user``; a ChatMessage or dict may say
        it itself. In an async callback it is done in order with what is yielded, but not waited for.
        """
        sent, message = self._sent(value, user, avatar)
        self.port.do(lambda: _send(sent, message))
        return sent

    async def asend(self, value: object, user: str = "", avatar: str = "") -> SentMessage:
        """See send()."""
        sent, message = self._sent(value, user, avatar)
        await self.port.ado(lambda: _send(sent, message))
        return sent

    def stream(
        self,
        value: object,
        message: SentMessage | None = None,
        *,
        user: str = "",
        avatar: str = "",
        replace: bool = False,
    ) -> SentMessage:
        """Add to a message that stays open until the run ends, and return it: a new one unless ``message`` is given.

        With ``replace`` the value is all of it from now on.
        """
        sent, content, new = self._streamed(value, message, user, avatar)
        self.port.do(lambda: _stream(sent, content, new=new, replace=replace))
        return sent

    async def astream(
        self,
        value: object,
        message: SentMessage | None = None,
        *,
        user: str = "",
        avatar: str = "",
        replace: bool = False,
    ) -> SentMessage:
        """See stream()."""
        sent, content, new = self._streamed(value, message, user, avatar)
        await self.port.ado(lambda: _stream(sent, content, new=new, replace=replace))
        return sent

    def stop(self) -> None:
        """Stop the reply that is being written, as its reader could. From any thread."""
        if self._port is not None:
            self._port.stop()

    def _sent(self, value: object, user: str, avatar: str) -> tuple[SentMessage, ChatMessage]:
        message = message_of(value) or ChatMessage(value)
        metadata: Any = message.metadata
        named = ChatMessage(
            message.content,
            metadata=metadata,
            options=message.options,
            user=user or message.user,
            avatar=avatar or message.avatar,
        )
        return SentMessage(self.port), named

    def _streamed(
        self, value: object, message: SentMessage | None, user: str, avatar: str
    ) -> tuple[SentMessage, ChatMessage, bool]:
        sent, content = self._sent(value, user, avatar)
        return message or sent, content, message is None


async def _send(sent: SentMessage, message: ChatMessage) -> None:
    await sent.begin(message)
    await sent.say(message, whole=True)
    await sent.complete()


async def _stream(sent: SentMessage, message: ChatMessage, *, new: bool, replace: bool) -> None:
    if new:
        await sent.begin(message)
    await sent.say(message, replace=replace)
