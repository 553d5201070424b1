"""What a callback shows beside the reply: sent at a measured pace, kept at the pace of checkpoints."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from typing import Any

from django.db import DatabaseError, InterfaceError
from django.urls import reverse

from chatinterface import conf, events, outputs
from chatinterface.begun import Begun
from chatinterface.content.components.base import Part
from chatinterface.interface import ChatInterface
from chatinterface.models import Conversation
from chatinterface.outages import away
from chatinterface.presentation import part_html
from chatinterface.runs.making import Maker
from chatinterface.runs.persisting import persistently
from chatinterface.threads import in_content, in_database

logger = logging.getLogger("chatinterface.runs")

# Seconds between two frames of outputs.
INTERVAL = 0.15

UNKEPT = "What stands beside a reply could not be kept"


class Aside:
    """The outputs of one run, on its event loop."""

    def __init__(self, interface: ChatInterface, exchange: Begun) -> None:
        self._interface = interface
        self._run = exchange.run
        self._conversation = exchange.conversation
        self._reply = exchange.reply
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

    async def conclude(self) -> None:
        """The callback has returned: show what is left. Raises what showing it raises."""
        await self._send()

    async def finish(self) -> None:
        """The run ends, in whichever way: show and keep what is left. What cannot be is left out, and logged."""
        facts = {"chat": self._interface.name, "run": self._run.pk}
        while self._unsent:
            try:
                await self._send()
            except Exception:
                logger.exception(
                    "What stands beside a reply could not be shown", extra={"event": "output.unshown", **facts}
                )
        if self._unkept:
            try:
                await persistently(self._run, self._keep, self._unkept, failed=UNKEPT, event="output.unkept")
            except Exception:
                logger.exception(UNKEPT, extra={"event": "output.unkept", **facts})

    async def _send(self) -> None:
        while self._unsent:
            name = next(iter(self._unsent))
            part, html = await in_content(self._made, name, self._unsent.pop(name))
            self._unkept[name] = part
            await events.publish(self._conversation.uuid, self._frame(name, html))
        self._sent_at = self._loop.time()
        if self._unkept and self._sent_at - self._kept_at >= conf.get().checkpoint:
            await self._checkpoint()

    async def _checkpoint(self) -> None:
        try:
            await in_database(self._keep, self._unkept)
        except (DatabaseError, InterfaceError) as error:
            away(f"{UNKEPT}: %s", error, event="output.unkept", run=self._run.pk)
            return
        self._unkept = {}
        self._kept_at = self._loop.time()

    def _keep(self, parts: dict[str, Part]) -> None:
        with suppress(Conversation.DoesNotExist):
            outputs.keep(self._conversation, parts)

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
