"""The callbacks of buttons as jobs: what they are called with, and which of them a job consists of."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

from chatinterface import presses
from chatinterface.begun import Begun
from chatinterface.callbacks import outputs
from chatinterface.hooks import ButtonEvent
from chatinterface.interface import ChatInterface
from chatinterface.presentation import added_frame
from chatinterface.runs import workers
from chatinterface.runs.calling import Job
from chatinterface.session import ChatSession


@dataclass(frozen=True, slots=True)
class Press:
    """The callbacks that a button has called, one after the other, with the session and the event."""

    callbacks: tuple[Callable[..., Any], ...]
    event: ButtonEvent

    async def begin(self, interface: ChatInterface, session: ChatSession) -> AsyncGenerator[Any]:
        """See calling.Called."""
        return self._said(session)

    async def _said(self, session: ChatSession) -> AsyncGenerator[Any]:
        for callback in self.callbacks:
            async with aclosing(outputs(callback, session, self.event)) as values:
                async for value in values:
                    yield value


def prepare_press(
    interface: ChatInterface,
    begun: Begun,
    event: ButtonEvent,
    *callbacks: Callable[..., Any] | None,
    told: bool = False,
) -> Job:
    """The job of a run that calls those of these that there are; the pages have been ``told`` of it, or are to be."""
    return Job(
        interface=interface,
        exchange=begun,
        call=Press(tuple(callback for callback in callbacks if callback is not None), event),
        added=None if told else added_frame(interface, begun.conversation, [begun.reply]),
        quiet=True,
    )


def prepare_following(interface: ChatInterface, conversation_id: int, event: ButtonEvent) -> Job:
    """The job of what a default button does after all else, in its turn. Raises Conversation.DoesNotExist."""
    begun = presses.follow(interface, conversation_id, event.name, worker=workers.here())
    return prepare_press(interface, begun, event, interface.pressable(event.name).post_callback)
