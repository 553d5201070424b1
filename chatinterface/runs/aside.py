"""What a callback shows beside the reply: sent at a measured pace, kept at the pace of checkpoints."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from django.db import DatabaseError
from django.urls import reverse

from chatinterface import conf, events, outputs
from chatinterface.content.components.base import Part
from chatinterface.interface import ChatInterface
from chatinterface.models import Conversation, Message
from chatinterface.outages import away
from chatinterface.presentation import part_html
from chatinterface.runs.making import Maker
from chatinterface.threads import in_content, in_database

logger = logging.getLogger("chatinterface.runs")

# Seconds between two frames of outputs.
INTERVAL = 0.15


class Aside:
    """The outputs of one run, on its event loop."""

    def __init__(self, interface: ChatInterface, conversation: Conversation, reply: Message) -> None:
        self._interface = interface
        self._conversation = conversation
        self._reply = reply
        self._names = [output.name for output in interface.outputs]
        self._loop = asyncio.get_running_loop()
        self._values: dict[str, Any] = {}
        # What is to be sent, and what is to be kept.
        self._unsent: dict[str, Any] = {}
        self._unkept: dict[str, Part] = {}
        self._sent_at = self._kept_at = 0.0

    async def split(self, value: Any) -> Any:
        """The reply of what a callback yields; the rest of it goes to the outputs. None leaves one as it is."""
        if not self._names or not isinstance(value, tuple):
            return value
        if len(value) != 1 + len(self._names):
            raise TypeError(
                f"A tuple of {len(value)} was returned. Return the reply and a value for each of the outputs: "
                f"(reply, {', '.join(self._names)})."
            )
        for name, each in zip(self._names, value[1:], strict=True):
            if each is not None and not _same(self._values.get(name), each):
                self._values[name] = self._unsent[name] = each
        if self._loop.time() - self._sent_at >= INTERVAL:
            await self._send()
        return value[0]

    async def finish(self) -> None:
        """Send and keep what is left."""
        await self._send()
        await self._keep()

    async def _send(self) -> None:
        unsent, self._unsent = self._unsent, {}
        for name, value in unsent.items():
            part, html = await in_content(self._made, name, value)
            self._unkept[name] = part
            await events.publish(self._conversation.uuid, self._frame(name, html))
        self._sent_at = self._loop.time()
        if self._unkept and self._sent_at - self._kept_at >= conf.get().checkpoint:
            await self._keep()

    async def _keep(self) -> None:
        if not self._unkept:
            return
        try:
            await in_database(outputs.keep, self._conversation, self._unkept)
        except Conversation.DoesNotExist:
            pass
        except DatabaseError as error:
            away("What stands beside a reply could not be kept: %s", error, event="output.unkept")
            return
        self._unkept = {}
        self._kept_at = self._loop.time()

    def _made(self, name: str, value: Any) -> tuple[Part, str]:
        numbers = iter(range(10**9))
        maker = Maker(self._interface, self._conversation, self._reply, lambda: f"output-{name}-{next(numbers)}")
        part = maker.part(value)
        return part, part_html(self._interface, self._conversation, self._reply, part)

    def _frame(self, name: str, html: str) -> events.Frame:
        frame: events.Frame = {"type": events.OUTPUT, "name": name}
        if len(html) <= events.INLINE_LIMIT:
            return {**frame, "html": html}
        address = reverse("chatinterface:outputs", args=[self._interface.name, self._conversation.uuid])
        return {**frame, "fetch": address}


def _same(before: Any, value: Any) -> bool:
    return before is value or (type(value) is str and before == value)
