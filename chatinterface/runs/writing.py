"""One message while it is being written: from what a callback says to its parts, and the pages that show them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, ClassVar

from chatinterface import events
from chatinterface.content.components.base import Component, Part
from chatinterface.content.components.prompt import closed as questions_closed
from chatinterface.content.flow import Flow, Live, LivePart, LiveText
from chatinterface.content.live import LiveReply
from chatinterface.content.markdown import normalise
from chatinterface.content.reasoning import TITLE, Kind, Reasoning
from chatinterface.content.said import Said, StepSaid
from chatinterface.content.storable import plain
from chatinterface.interface import ChatInterface
from chatinterface.models import Conversation, Message
from chatinterface.presentation import incremental, part_address
from chatinterface.presses import BUTTON
from chatinterface.runs import steps
from chatinterface.runs.making import Made, Maker
from chatinterface.runs.preparing import Preparation, Step
from chatinterface.runs.stream import ReplyStream


class Writing:
    """A message that is being written, on the event loop of its run."""

    # What makes its parts.
    maker: ClassVar[type[Maker]] = Maker

    def __init__(
        self,
        interface: ChatInterface,
        conversation: Conversation,
        message: Message,
        fetched: Callable[[], object] = lambda: None,
    ) -> None:
        self.message = message
        self._conversation = conversation
        # Called when pages are told to fetch a part that is too long to be sent.
        self._fetched = fetched
        self.reply = LiveReply(partial(incremental, interface), self._address, events.INLINE_LIMIT)
        self.stream = self._told()
        # What of it the last checkpoint has stored.
        self.stored = 0
        self._maker = self.maker(interface, conversation, message, self.reply.new_id)
        self._clock = steps.Clock()
        self._preparation = Preparation(self._maker, renders=bool(interface.renderers))
        self._keyed: dict[str, LivePart] = {}
        self._shown: list[LivePart] = []
        self._steps: dict[object, LivePart] = {}
        # What a session has added: it stays, whatever the callback says to be the whole reply.
        self._added: set[Live] = set()
        self._renders = bool(interface.renderers)
        self._reasoning = Reasoning(interface.reasoning_tags) if interface.reasoning_tags else None
        self._thought: LivePart | None = None

    @property
    def flow(self) -> Flow:
        """Its parts."""
        return self.reply.flow

    @property
    def pristine(self) -> bool:
        """Whether nothing was said in it yet."""
        return not self.flow.parts and not self.stream.finished

    @property
    def mixed(self) -> bool:
        """Whether a session has added parts to it."""
        return bool(self._added)

    @property
    def silent(self) -> bool:
        """Whether nothing was said in it that is to be kept."""
        return self.flow.empty and self.message.metadata.keys() <= {BUTTON}

    async def tell(self, said: Said, *, whole: bool = False) -> None:
        """Let this be all of it: what is there already is kept, and only what has changed is sent.

        Its texts may still grow, unless they are ``whole``.
        """
        self.note(said)
        self._let(self.flow, await self._preparation.anew(said.items, whole=whole))
        await self.stream.pace()

    def give_up(self) -> None:
        """What a session has added may be replaced from now on, as all else."""
        self._added.clear()

    async def add(self, said: Said, *, whole: bool = False) -> None:
        """Add to it. A component that is shown already, or one of its key, is shown anew where it stands.

        Its texts are pieces of one, unless they are ``whole``.
        """
        self.note(said)
        for item in said.items:
            if type(item) is str and not (whole and self._renders):
                self.write(item)
            elif isinstance(item, StepSaid):
                await self._add_step(item)
            else:
                await self.show(item)
        await self.stream.pace()

    def note(self, said: Said) -> None:
        """Keep what is known about the message besides its parts."""
        if said.metadata:
            self.message.metadata.update(plain(said.metadata))
        if said.options:
            self.message.metadata["options"] = plain(said.options)

    def write(self, text: str) -> None:
        """Add text, of which what stands between tags for reasoning is a step."""
        if self._reasoning is None:
            self.flow.write(text)
            return
        for kind, piece in self._reasoning.feed(text):
            self._reason(kind, piece)

    def end(self, status: str) -> None:
        """Nothing follows: say what was held back, and end the steps that nobody has ended with this status."""
        for kind, piece in self._reasoning.finish() if self._reasoning else ():
            self._reason(kind, piece)
        for step in self.reply.steps():
            self.turn(step, steps.ended(step.attributes, status))
        for part in self.flow.parts:
            if isinstance(part, LivePart) and (closed := questions_closed(part.attributes)):
                part.renew(closed, self._maker.html(closed), part.source)

    async def show(self, value: object, into: Flow | None = None) -> list[LivePart]:
        """Show a value at the end of the message or of a step, or where it is shown already."""
        flow = self.flow if into is None else into
        earlier = self._earlier(flow, value)
        shown = []
        for made in await self._maker.made(value, [part.id for part in earlier]):
            if isinstance(made, str):
                flow.write(made)
            elif earlier:
                shown.append(earlier.pop(0))
                self.renew(shown[-1], made)
            else:
                shown.append(self._append(flow, made))
        return shown

    async def replace(self, shown: LivePart, value: object) -> None:
        """Show a value in the place of another."""
        made = next(iter(await self._maker.made(value, [shown.id])), "")
        if isinstance(made, Made):
            self.renew(shown, made)
            return
        part = {"type": "text", "id": shown.id}
        shown.renew(part, self._maker.html(part))
        self._forget_key(shown)
        assert shown.flow is not None
        shown.flow.say(made)

    async def fill(self, flow: Flow, value: object, *, replace: bool) -> None:
        """Add to a flow, or let the value be all of it."""
        if type(value) is not str:
            flow.cut(0 if replace else len(flow.parts))
            await self.show(value, flow)
        elif replace:
            flow.say(value)
        else:
            flow.write(value)

    def renew(self, shown: LivePart, made: Made) -> None:
        """Show what was made in the place of a part."""
        shown.renew(made.part, made.html, made.source)
        self._forget_key(shown)
        if made.key is not None:
            self._keyed[made.key] = shown

    def add_step(self, part: Part, into: Flow | None = None, *, timed: bool = False) -> LivePart:
        """Add a step at the end of the message, or of another step."""
        part = {**part, "id": self.reply.new_id()}
        part = self._clock.timed(part) if timed else part
        step = LivePart(self.reply, part, self._maker.html(part))
        (self.flow if into is None else into).append(step)
        self._added.add(step)
        return step

    def turn(self, step: LivePart, part: Part) -> None:
        """Change what is said of a step."""
        if part != step.attributes:
            part = self._clock.timed(part) if self._clock.knows(part["id"]) else part
            step.renew(part, self._maker.html(part))

    def _told(self) -> ReplyStream:
        """How pages are told of it while it is written."""
        return ReplyStream(self._conversation.uuid, self.message.pk, self.reply)

    def _address(self, part: str) -> str:
        self._fetched()
        return part_address(self._conversation, self.message, part)

    def _earlier(self, flow: Flow, value: object) -> list[LivePart]:
        """Where the value is shown already, or another one under its key."""
        key = value.key if isinstance(value, Component) else None
        keyed = self._keyed.get(key) if key is not None else None
        if keyed is not None and not keyed.gone:
            return [keyed]
        return [part for part in self._shown if part.source is value and part in flow.parts]

    def _forget_key(self, shown: LivePart) -> None:
        """What stood here under a key is not shown any more."""
        self._keyed = {key: part for key, part in self._keyed.items() if part is not shown}

    def _append(self, flow: Flow, made: Made) -> LivePart:
        part = LivePart(self.reply, made.part, made.html, made.source)
        flow.append(part)
        self._added.add(part)
        self._shown.append(part)
        if made.key is not None:
            self._keyed[made.key] = part
        return part

    async def _add_step(self, said: StepSaid) -> None:
        parent = self._steps.get(said.metadata.get("parent_id"))
        step = self._steps.get(said.name) if said.name is not None else None
        part = steps.described(said.metadata)
        if step is None:
            step = self.add_step(part, parent.flow if parent else None)
        else:
            self.turn(step, {**part, "id": step.id})
        if said.name is not None:
            self._steps[said.name] = step
        assert step.flow is not None
        self._let(step.flow, await self._preparation.prepared(said.items))

    def _reason(self, kind: Kind, piece: str) -> None:
        if kind is Kind.BEGIN:
            self._thought = self.add_step(steps.described({"title": TITLE, "status": "pending"}), timed=True)
        elif kind is Kind.SAID or self._thought is None:
            self.flow.write(piece)
        elif kind is Kind.THOUGHT:
            assert self._thought.flow is not None
            self._thought.flow.write(piece)
        else:
            self.turn(self._thought, steps.ended(self._thought.attributes, "success"))
            self._thought = None

    def _let(self, flow: Flow, items: list[Any]) -> None:
        """Let a flow consist of these, besides what a session has added to it."""
        places = [index for index, part in enumerate(flow.parts) if part not in self._added]
        if len(places) < len(flow.parts) and len(items) == 1 and isinstance(items[0], str):
            self._go_on(flow, places, normalise(items[0]))
            return
        for number, item in enumerate(items):
            index = places[number] if number < len(places) else len(flow.parts)
            there = flow.parts[index] if index < len(flow.parts) else None
            if isinstance(item, str):
                self._let_text(flow, index, item, alone=len(items) == 1)
            elif isinstance(item, Made):
                if not isinstance(there, LivePart) or there.source is not item:
                    self._put(flow, index, item.part, item.html, item)
            else:
                self._let_step(flow, index, item)
        for index in reversed(places[len(items) :]):
            flow.remove(index)

    def _go_on(self, flow: Flow, places: list[int], text: str) -> None:
        """Let this be the text of a flow: what has been said stays where it is, and the rest follows at the end."""
        for index in places:
            part = flow.parts[index]
            if isinstance(part, LivePart):
                part = self._text_in_place(flow, index)
            said = part.markdown.text
            if index < len(flow.parts) - 1 and text.startswith(said):
                text = text[len(said) :]
            else:
                flow.rewrite(index, text)
                text = ""
        flow.write(text)

    def _text_in_place(self, flow: Flow, index: int) -> LiveText:
        text = LiveText(self.reply.markdown())
        flow.put(index, text)
        return text

    def _let_text(self, flow: Flow, index: int, text: str, *, alone: bool) -> None:
        there = flow.parts[index] if index < len(flow.parts) else None
        if isinstance(there, LiveText):
            flow.rewrite(index, text)
            return
        if there is None and alone:
            flow.write(text)
            return
        if there is None or there.attributes["type"] != "text":
            # What may change while something follows it needs an element of its own.
            there = self._put(flow, index, {"type": "text", "id": self.reply.new_id()})
        assert there.flow is not None
        there.flow.say(text)

    def _let_step(self, flow: Flow, index: int, step: Step) -> None:
        part, timed, items = step
        there = flow.parts[index] if index < len(flow.parts) else None
        if isinstance(there, LivePart) and there.attributes["type"] == "step":
            self.turn(there, {**part, "id": there.id})
        else:
            part = {**part, "id": self.reply.new_id()}
            there = self._put(flow, index, self._clock.timed(part) if timed else part)
        assert there.flow is not None
        self._let(there.flow, items)

    def _put(self, flow: Flow, index: int, part: Part, html: str | None = None, source: object = None) -> LivePart:
        """Have a part at that place, whatever is there."""
        html = self._maker.html(part) if html is None else html
        there = flow.parts[index] if index < len(flow.parts) else None
        if isinstance(there, LivePart):
            there.renew(part, html, source)
            return there
        made = LivePart(self.reply, part, html, source)
        if there is None:
            flow.append(made)
        else:
            flow.put(index, made)
        return made
