"""Saying something besides what the callback returns: messages of their own, and having them answered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from asgiref.sync import sync_to_async
from django.conf import settings
from django.utils import translation
from django.utils.functional import Promise

from chatinterface.content.message import ChatMessage, message_of
from chatinterface.sessions.base import Session

if TYPE_CHECKING:
    from chatinterface.port import Port, Writing


class SentMessage:
    """A message that a session has added. ``stream()`` can add to it: within a run until that ends, where it is not
    complete.
    """

    def __init__(self, port: Port) -> None:
        self.port = port
        # The message as the port writes it; None while it waits for its turn.
        self.writing: Writing = None

    @property
    def id(self) -> int | None:
        """The primary key of its row; None while it waits for its turn."""
        return self.writing.message.pk if self.writing is not None else None

    async def begin(self, message: ChatMessage) -> None:
        """By the port: add it to the log."""
        self.writing = await self.port.begin(message.user, message.avatar)

    async def say(self, value: object, *, replace: bool = False, whole: bool = False) -> None:
        """By the port: add to it, or let the value be all of it."""
        if self.writing is not None:
            await self.port.say(self.writing, value, replace=replace, whole=whole)


class Speaking(Session):
    """As Panel's ``send``, ``stream`` and ``respond``, but for this: unless it is asked for, no message calls the
    callback.
    """

    def send(self, value: object, user: str | Promise = "", avatar: str = "", *, respond: bool = False) -> SentMessage:
        """Add a message to the log, complete as it is: any value that a callback may return.

        ``user`` and ``avatar`` say who speaks, by default the chat's ``callback_user``; a ChatMessage or dict may say
        it itself. In the name of ``chat.interface.user`` it is the visitor's. With ``respond`` it is answered: see
        respond(). In an async callback it is done in order with what is yielded, but not waited for. Raises ValueError
        for None.
        """
        sent, message = self._complete(value, user, avatar)
        self.port.do(lambda: _send(sent, message, respond=respond))
        return sent

    async def asend(
        self, value: object, user: str | Promise = "", avatar: str = "", *, respond: bool = False
    ) -> SentMessage:
        """See send()."""
        sent, message = self._complete(value, user, avatar)
        await self.port.ado(lambda: _send(sent, message, respond=respond))
        return sent

    def respond(self) -> None:
        """Have the callback called with the last message of the log, whoever has said it.

        A callback that asks for it is called again when it has returned, in the same run; after a hundred times
        TooManyResponses is raised. Elsewhere a reply is begun, as if the visitor had sent the message; in a process
        that serves nobody, this waits for its end. While another reply is being written it does as the chat's
        ``on_busy`` says, which may be to raise Busy. Raises NothingToAnswer where nothing was said.
        """
        port = self.port
        port.do(port.respond)

    async def arespond(self) -> None:
        """See respond()."""
        port = self.port
        await port.ado(port.respond)

    def stream(
        self,
        value: object,
        message: SentMessage | None = None,
        *,
        user: str | Promise = "",
        avatar: str = "",
        replace: bool = False,
    ) -> SentMessage:
        """Add to a message, and return it: a new one unless ``message`` is given, which this session has made.

        With ``replace`` the value is all of it from now on. Within a run it is open until that ends; elsewhere each
        call stores and sends the message as it then is.
        """
        sent, content, new = self._streamed(value, message, user, avatar)
        self.port.do(lambda: _stream(sent, content, new=new, replace=replace))
        return sent

    async def astream(
        self,
        value: object,
        message: SentMessage | None = None,
        *,
        user: str | Promise = "",
        avatar: str = "",
        replace: bool = False,
    ) -> SentMessage:
        """See stream()."""
        sent, content, new = self._streamed(value, message, user, avatar)
        await self.port.ado(lambda: _stream(sent, content, new=new, replace=replace))
        return sent

    def stop(self) -> bool:
        """Stop the reply that is being written, as its reader could, in whatever process; whether there was any.

        From any thread. It is settled a moment later.
        """
        return self.port.stop()

    async def astop(self) -> bool:
        """See stop()."""
        return await sync_to_async(self.port.stop)()

    def _complete(self, value: object, user: str | Promise, avatar: str) -> tuple[SentMessage, ChatMessage]:
        sent, message = self._sent(value, user, avatar)
        if message.content is None:
            raise ValueError("None is nothing to send. Send a text, or any other value that a callback may return.")
        return sent, message

    def _sent(self, value: object, user: str | Promise, avatar: str) -> tuple[SentMessage, ChatMessage]:
        message = message_of(value) or ChatMessage(value)
        metadata: Any = message.metadata
        named = ChatMessage(
            message.content,
            metadata=metadata,
            options=message.options,
            user=self._name(str(user or message.user)),
            avatar=avatar or message.avatar,
        )
        return SentMessage(self.port), named

    def _name(self, user: str) -> str:
        """Who speaks. What the chat calls its visitor, it calls them in the conversation's language."""
        if user != str(self.interface.user):
            return user
        with translation.override(self.conversation.language or settings.LANGUAGE_CODE):
            return str(self.interface.user)

    def _streamed(
        self, value: object, message: SentMessage | None, user: str | Promise, avatar: str
    ) -> tuple[SentMessage, ChatMessage, bool]:
        sent, content = self._sent(value, user, avatar)
        if message is not None and message.port is not sent.port:
            raise ValueError("The message was made by another session. Add to it by that one, or send another.")
        return message or sent, content, message is None


async def _send(sent: SentMessage, message: ChatMessage, *, respond: bool) -> None:
    await sent.begin(message)
    await sent.say(message, whole=True)
    await sent.port.complete(sent.writing)
    if respond:
        await sent.port.respond(sent.writing)


async def _stream(sent: SentMessage, message: ChatMessage, *, new: bool, replace: bool) -> None:
    if new:
        await sent.begin(message)
    await sent.say(message, replace=replace)
