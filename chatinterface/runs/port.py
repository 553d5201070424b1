"""What a session can have done in its run: the run's side of the port."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine
from typing import Any, NamedTuple, ParamSpec, TypeVar

from chatinterface import relay
from chatinterface.content.components.base import Part
from chatinterface.content.flow import LivePart
from chatinterface.content.said import Said, said
from chatinterface.events import Frame
from chatinterface.exceptions import TooManyResponses
from chatinterface.models import Message, Run
from chatinterface.port import Inquiry
from chatinterface.runs import questions
from chatinterface.runs.turns import Turns
from chatinterface.runs.writer import Writer
from chatinterface.runs.writing import Writing
from chatinterface.threads import in_database
from chatinterface.withdrawal import By

P = ParamSpec("P")
T = TypeVar("T")

# How often a callback may have itself called again in one run.
MOST_RESPONSES = 100


class Shown(NamedTuple):
    """A part of a message that is being written."""

    writing: Writing
    part: LivePart


class RunPort:
    """See port.Port."""

    def __init__(self, run: Run, writer: Writer, turns: Turns, stop: Callable[[], None]) -> None:
        self.run = run
        self.stopped = False
        self._writer = writer
        self._turns = turns
        self._stop = stop
        self._loop = asyncio.get_running_loop()
        self._asked: list[questions.Asked] = []
        self._expected: dict[str, asyncio.Future[Any]] = {}
        self._closed = False
        # The messages that the callback is to be called with when it has returned; None for the last one.
        self.responses: deque[int | None] = deque()
        self._responded = 0

    @property
    def message(self) -> Message:
        """See Port."""
        reply = self._writer.reply or self._writer.open[-1]
        return reply.message

    def stop(self) -> bool:
        """See Port."""
        going = not (self.stopped or self._closed)
        self._loop.call_soon_threadsafe(self._stop)
        return going

    def do(self, operation: Callable[[], Coroutine[Any, Any, T]]) -> T | None:
        """See Port."""
        try:
            here = asyncio.get_running_loop() is self._loop
        except RuntimeError:
            here = False
        if not here:
            return relay.on_loop(lambda: self.ado(operation), self._loop)
        self._turns.queue(operation)
        return None

    async def ado(self, operation: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """See Port."""
        return await self._turns.take(operation)

    async def show(self, value: object, writing: Writing | None = None) -> list[Shown]:
        """See Port."""
        into = writing or self._writer.reply or await self._writer.begin()
        shown = await into.show(value)
        await into.stream.pace()
        return [Shown(into, part) for part in shown]

    async def replace(self, shown: Shown, value: object) -> None:
        """See Port."""
        await shown.writing.replace(shown.part, value)
        await shown.writing.stream.pace()

    async def begin(self, user: str = "", avatar: str = "") -> Writing:
        """See Port."""
        return await self._writer.add(user, avatar)

    async def say(self, writing: Writing, value: object, *, replace: bool = False, whole: bool = False) -> None:
        """See Port."""
        if replace:
            writing.give_up()
        for each in said(value)[:1] or [Said()]:
            await (writing.tell if replace else writing.add)(each, whole=whole)

    async def complete(self, writing: Writing) -> None:
        """See Port."""
        await self._writer.complete(writing)

    async def add_step(self, part: Part, parent: Shown | None = None, writing: Writing | None = None) -> Shown:
        """See Port."""
        into = parent.writing if parent else writing or self._writer.reply or await self._writer.begin()
        step = into.add_step(part, parent.part.flow if parent else None, timed=True)
        await into.stream.pace()
        return Shown(into, step)

    async def turn_step(self, step: Shown, **changes: Any) -> None:
        """See Port."""
        step.writing.turn(step.part, {**step.part.attributes, **changes})
        await step.writing.stream.pace()

    async def fill_step(self, step: Shown, value: object, *, replace: bool = False) -> None:
        """See Port."""
        flow = step.part.flow
        if flow is not None:
            await step.writing.fill(flow, value, replace=replace)
            await step.writing.stream.pace()

    async def ask(self, inquiry: Inquiry) -> questions.Asked:
        """See Port."""
        asked = await questions.ask(self, inquiry)
        self._asked.append(asked)
        return asked

    async def respond(self, writing: Writing | None = None) -> None:
        """See Port. Raises TooManyResponses."""
        self._responded += 1
        if self._responded > MOST_RESPONSES:
            raise TooManyResponses
        self.responses.append(writing.message.pk if writing is not None else None)

    async def turn(self, count: int | None, by: By) -> list[Message]:
        """See Port."""
        return await self._writer.turn(count, by)

    async def store(self, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """See Port."""
        return await in_database(function, *args, **kwargs)

    async def publish(self, frame: Frame) -> None:
        """See Port."""
        await self._writer.publish(frame)

    def expect(self, key: str) -> asyncio.Future[Any]:
        """See Port."""
        return self._expected.setdefault(key, self._loop.create_future())

    def told(self, key: str, value: object) -> None:
        """Somebody says what was expected; what was not is ignored."""
        expected = self._expected.pop(key, None)
        if expected is not None and not expected.done():
            expected.set_result(value)

    def close(self) -> None:
        """The run has ended: whoever waits is told, and the files of answers are closed."""
        self._closed = True
        self._turns.close()
        for expected in self._expected.values():
            expected.cancel()
        self._expected.clear()
        for asked in self._asked:
            asked.close()
