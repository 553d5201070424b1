"""Whatever a callback does, and whenever it is published: pages show what a reload shows, at a linear price."""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

import chatinterface as chat
from chatinterface import ChatMessage, events
from chatinterface.content.said import said
from chatinterface.models import Conversation, Message
from chatinterface.presentation import parts_html
from chatinterface.runs import steps
from chatinterface.runs.writing import Writing
from tests.content.reader import Page

TAGS = (("<think>", "</think>"),)
CHAT = chat.ChatInterface(lambda message: message, name="writing", reasoning_tags=TAGS)
CONVERSATION = Conversation(uuid=uuid4(), interface="writing")


@pytest.fixture(scope="module", autouse=True)
def frames() -> Iterator[list[dict[str, Any]]]:
    taken: list[dict[str, Any]] = []

    async def publish(uuid: object, frame: dict[str, Any]) -> None:
        taken.append(frame)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(events, "publish", publish)
        yield taken


@dataclass
class Script:
    """A reply being written, a page that follows it, and one that came later."""

    writing: Writing
    frames: list[dict[str, Any]]
    page: Page
    late: Page | None = None

    def deliver(self) -> None:
        for frame in self.frames:
            self.page.apply(frame)
            if self.late is not None:
                self.late.apply(frame)
        self.frames.clear()
        shown = self.writing.flow.shown()
        assert self.page.html == shown
        assert self.late is None or self.late.html == shown


VALUES = [{"a": 1}, [1, 2], 3, ("x",)]
TEXTS = st.text(alphabet="ab \n*`#<>", max_size=8) | st.sampled_from(["word ", "<think>", "</think>", "\n\n", "😀 "])


def part(draw: int, text: str) -> Any:
    """Something that a list may have: text, a value, a step."""
    match draw % 4:
        case 0:
            return VALUES[draw % len(VALUES)]
        case 1:
            metadata = {
                "title": text,
                "id": draw % 3,
                "parent_id": draw % 5,
                "status": ["pending", "done", None][draw % 3],
            }
            return ChatMessage([text, VALUES[0]], metadata=metadata)
    return text


async def tell(script: Script, draw: int, text: str) -> None:
    values = [part(draw + number, text + str(number)) for number in range(draw % 5)]
    await script.writing.tell(said(values or text, TAGS)[0])


async def add(script: Script, draw: int, text: str) -> None:
    await script.writing.add(said(part(draw, text))[0])


async def step(script: Script, draw: int, text: str) -> None:
    found = script.writing.reply.steps()
    parent = found[draw % len(found)].flow if found and draw % 2 else None
    script.writing.add_step({"type": "step", "title": text, "status": "running", "open": True}, parent)


async def turn(script: Script, draw: int, text: str) -> None:
    for each in script.writing.reply.steps()[: draw % 3]:
        script.writing.turn(each, {**each.attributes, "title": text, "status": steps.STATES[draw % 4]})


async def fill(script: Script, draw: int, text: str) -> None:
    found = script.writing.reply.steps()
    if found:
        flow = found[draw % len(found)].flow
        assert flow is not None
        await script.writing.fill(flow, VALUES[0] if draw % 3 == 0 else text, replace=draw % 2 == 0)


async def replace(script: Script, draw: int, text: str) -> None:
    shown = script.writing._shown
    if shown:
        await script.writing.replace(shown[draw % len(shown)], part(2 * draw, text) if draw % 2 else text)


async def flush(script: Script, draw: int, text: str) -> None:
    await script.writing.stream.flush()
    script.deliver()


async def join(script: Script, draw: int, text: str) -> None:
    script.deliver()
    script.late = Page()
    script.late.apply(script.writing.stream.snapshot())
    script.deliver()


Act = Callable[[Script, int, str], Any]
TOKENS: list[Act] = [add, add, add, step, turn, fill, fill, replace, flush, flush, join]
WHOLE: list[Act] = [tell, tell, tell, step, turn, fill, flush, flush, join]


async def write(acts: list[tuple[int, int, str]], offered: list[Act], frames: list[dict[str, Any]]) -> None:
    frames.clear()
    message = Message(pk=7, conversation=CONVERSATION, status="running")
    script = Script(Writing(CHAT, CONVERSATION, message), frames, Page())
    for act, draw, text in acts:
        await offered[act % len(offered)](script, draw, text)
    script.writing.end("success")
    await script.writing.stream.finish()
    script.deliver()
    stored = parts_html(CHAT, CONVERSATION, message, script.writing.flow.stored())
    assert script.writing.flow.final() == stored


ACTS = st.lists(st.tuples(st.integers(0, 20), st.integers(0, 30), TEXTS), max_size=25)


@given(ACTS)
def test_tokens(frames: list[dict[str, Any]], acts: list[tuple[int, int, str]]) -> None:
    asyncio.run(write(acts, TOKENS, frames))


@given(ACTS)
def test_whole_replies(frames: list[dict[str, Any]], acts: list[tuple[int, int, str]]) -> None:
    asyncio.run(write(acts, WHOLE, frames))


def size(frames: list[dict[str, Any]]) -> int:
    return sum(events.envelope(frame)["size"] for frame in frames)


async def long_reply(count: int, frames: list[dict[str, Any]]) -> int:
    """The characters that a reply of so many steps, values and words takes."""
    frames.clear()
    writing = Writing(CHAT, CONVERSATION, Message(pk=7, conversation=CONVERSATION, status="running"))
    for number in range(count):
        shown = writing.add_step({"type": "step", "title": f"step {number}", "status": "running", "open": True})
        for word in range(20):
            await writing.fill(shown.flow, f"word{word} ", replace=False)  # type: ignore[arg-type]
            await writing.stream.flush()
            writing.write(f"said{word} ")
            await writing.stream.flush()
        writing.turn(shown, {**shown.attributes, "status": "success"})
        await writing.show({"number": number})
    await writing.stream.finish()
    return size(frames)


async def test_price_is_linear(frames: list[dict[str, Any]]) -> None:
    small, large = await long_reply(4, frames), await long_reply(40, frames)
    assert large < 11 * small
