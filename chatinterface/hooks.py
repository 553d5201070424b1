"""What a site is told of what readers do: by the callables that a chat declares, and by signals."""

from __future__ import annotations

import inspect
import logging
from collections.abc import Awaitable, Callable
from concurrent.futures import Future, wait
from contextvars import ContextVar
from copy import copy
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

from asgiref.sync import async_to_sync
from django.dispatch import Signal
from django.utils import translation

from chatinterface.interface import ChatInterface
from chatinterface.models import Conversation, Flag, Message
from chatinterface.session import ChatSession
from chatinterface.threads import as_request, callbacks

T = TypeVar("T")

logger = logging.getLogger("chatinterface.hooks")

_pending: set[Future[None]] = set()

# Whether a chat's post_hook is at work, whose own messages are not told to it.
_after: ContextVar[bool] = ContextVar("_after", default=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class LikeEvent:
    """A reader says what they think of a message. ``index`` is its place in the log, ``value`` its text.

    ``liked`` follows Gradio: True for "Like", False for "Dislike", another option as it is, and "" for a flag that was
    taken back; so does ``previous``, which was said before.
    """

    message: Message
    index: int
    value: str
    liked: bool | str
    previous: bool | str


@dataclass(frozen=True, slots=True, kw_only=True)
class FlagEvent:
    """A flag was made, changed, commented, or taken back: then ``flag`` is None and ``option`` is ""."""

    message: Message
    index: int
    value: str
    option: str
    previous: str
    comment: str
    flag: Flag | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OptionEvent:
    """A reader chose one of the replies that a message offers: the one of this number, by which this is said."""

    message: Message
    index: int
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ExampleEvent:
    """A visitor sent an example: the message that it became, which of the examples it is, and its text."""

    message: Message
    index: int
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryEvent:
    """A reply is written anew. ``message`` is the question, ``index`` its place in the log, ``value`` its text: as in
    Gradio.
    """

    message: Message
    index: int
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UndoEvent:
    """The last question was taken back, with what had followed it. See RetryEvent."""

    message: Message
    index: int
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ClearEvent:
    """A conversation was cleared."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EditEvent:
    """A message was edited: ``message`` is its new version, ``value`` and ``previous_value`` what it says and said."""

    message: Message
    index: int
    value: str
    previous_value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyEvent:
    """A reader copied a message by its button: ``value`` is what was copied, but for the watermark.

    As in Gradio, nothing is said of a conversation that is copied as a whole.
    """

    message: Message
    index: int
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SelectEvent:
    """A reader selected a message: by a click on it, as in Gradio, or by its button. See RetryEvent."""

    message: Message
    index: int
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ButtonEvent:
    """A button was pressed, by its ``name``. ``value`` is what "send" sends, as the callback of the chat gets it; None
    for all others. ``message`` is the reply that "rerun" is about.
    """

    name: str
    value: Any = None
    message: Message | None = None


def listens(interface: ChatInterface, hook: Callable[..., Any] | None, signal: Signal) -> bool:
    """Whether anybody is to be told of it."""
    return hook is not None or signal.has_listeners(type(interface))


def tell(session: ChatSession, hook: Callable[..., Any] | None, signal: Signal, event: object) -> None:
    """Have a hook called with the session and the event, and its signal sent, in a thread of the callbacks.

    Nobody waits for it. What is raised is logged.
    """
    sender = type(session.interface)
    if hook is not None:
        call(hook, session, event)
    if signal.has_listeners(sender):
        # A receiver that raises is logged by Django.
        send = partial(signal.send_robust, sender, interface=session.interface, session=session, event=event)
        in_callback_thread(send)


def completed(interface: ChatInterface, conversation: Conversation, message: Message) -> None:
    """Have the chat's ``post_hook``, if it has one, called with a message that is complete. See tell()."""
    if interface.post_hook is not None and not _after.get():
        # Of its own, since who has completed the message goes on with theirs.
        session = ChatSession(interface=interface, conversation=copy(conversation))
        in_callback_thread(partial(_completed, interface.post_hook, message, session))


def in_callback_thread(call: Callable[[], object]) -> None:
    """Have this done in a thread of the callbacks, in the language of here; a failure is logged."""
    # Without the context of here, which would lead async code to the request's own thread.
    done = callbacks().submit(as_request, partial(_guarded, call, translation.get_language()))
    _pending.add(done)
    done.add_done_callback(_pending.discard)


def finish() -> None:
    """Wait for what was begun in threads of the callbacks: their process may be about to end."""
    wait(set(_pending))


def call(hook: Callable[..., Any], *args: object) -> None:
    """Have a plain or async function called in a thread of the callbacks. See in_callback_thread()."""
    in_callback_thread(partial(_called, hook, *args))


def _completed(hook: Callable[..., Any], message: Message, session: ChatSession) -> None:
    token = _after.set(True)
    try:
        _called(hook, message, session)
    finally:
        _after.reset(token)


def _called(hook: Callable[..., Any], *args: object) -> None:
    result = hook(*args)
    if inspect.isawaitable(result):
        async_to_sync(_awaited)(result)


async def _awaited(value: Awaitable[T]) -> T:
    return await value


def _guarded(call: Callable[[], object], language: str | None) -> None:
    try:
        with translation.override(language):
            call()
    except Exception:
        logger.exception("A hook failed", extra={"event": "hook.failed"})
