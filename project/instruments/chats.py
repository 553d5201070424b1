"""What benchmarks and tests talk to: not for people."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import chatinterface as chat
from chatinterface import widgets
from project.instruments import buttons, steps, tokens
from project.instruments import script as scripts

__all__ = ["buttons", "steps"]


@chat.register(
    title="Bench",
    description="Answers `N D TAG [code|list|table]` with N tokens, D ms apart.",
    yields="tokens",
)
async def bench(message: str) -> AsyncIterator[str]:
    count, milliseconds, tag, *shape = message.split()
    for token in tokens.tokens(int(count), tag, *shape):
        yield token
        await asyncio.sleep(float(milliseconds) / 1000)


chat.register(
    chat.ChatInterface(
        bench,
        name="bench_tabs",
        title="Bench with tabs",
        description="The same in one of three tabs, two of which take files.",
        yields="tokens",
        widgets=[
            widgets.ChatAreaInput(name="Text"),
            widgets.FileInput(name="File"),
            widgets.FileInput(name="Files", multiple=True),
        ],
    )
)


@chat.register(
    title="Script",
    description="Does as it is told: `stream 200 10`, `silent 3`, `raise 5`, `large 300000`, `markdown` …",
    yields="tokens",
)
async def script(message: str) -> AsyncIterator[str]:
    async for token in scripts.run(message):
        yield token


@chat.register(
    title="Kept script",
    description="The same, with a list of its conversations.",
    yields="tokens",
    save_history=True,
)
async def kept_script(message: str) -> AsyncIterator[str]:
    async for token in scripts.run(message):
        yield token


@chat.register(
    title="Framed",
    description="Shows what is said as a document in a frame.",
    frame_sources=["https://allowed.example"],
)
def framed(message: str) -> chat.Frame:
    return chat.Frame(message, title=message[:80], height=200)


@chat.register(
    title="Parts",
    description="Answers `200` with as many parts, of all kinds by turns.",
)
def parts(message: str) -> list[object]:
    kinds = ["Some *text*.", chat.Code("x = 1", "python"), chat.Table([{"a": 1}]), chat.JSON({"a": [1]})]
    return [chat.Column(*(kinds[number % len(kinds)] for number in range(int(message))))]


@chat.register(
    title="Blocking script",
    description="The same as a synchronous generator: `stream 20 100`, `block 5` …",
    yields="tokens",
)
def blocking_script(message: str) -> Iterator[str]:
    for step in scripts.steps(message):
        if isinstance(step, str):
            yield step
        elif isinstance(step, float):
            time.sleep(step)


SHAPES = Path(__file__).parent.parent / "static" / "project" / "shapes"


@chat.register(
    title="Filled in",
    description="An example with files that is filled in, and a text that stays when it was sent.",
    multimodal=True,
    examples=[{"text": "And these two?", "files": [SHAPES / "square.png", SHAPES / "circle.png"]}],
    run_examples_on_click=False,
    reset_on_send=False,
)
def filled(message: chat.MultimodalMessage) -> str:
    return ", ".join(str(file.name) for file in message["files"]) or "no files"


@chat.register(
    title="Still script",
    description="The same, but its log stays where its reader is.",
    yields="tokens",
    autoscroll=False,
    view_latest=False,
    scroll_button_threshold=50,
    show_progress="hidden",
)
async def still_script(message: str) -> AsyncIterator[str]:
    async for token in scripts.run(message):
        yield token


@chat.register(
    title="Interrupted script",
    description="The same, but another message stops what is being written.",
    yields="tokens",
    on_busy="interrupt",
)
async def interrupted_script(message: str) -> AsyncIterator[str]:
    async for token in scripts.run(message):
        yield token


@chat.register(
    title="Queued script",
    description="The same, but another message waits for what is being written.",
    yields="tokens",
    on_busy="queue",
)
async def queued_script(message: str) -> AsyncIterator[str]:
    async for token in scripts.run(message):
        yield token


@chat.register(
    title="Parallel script",
    description="The same, but another message is answered beside what is being written.",
    yields="tokens",
    on_busy="parallel",
)
async def parallel_script(message: str) -> AsyncIterator[str]:
    async for token in scripts.run(message):
        yield token


@chat.register(
    title="Single script",
    description="The same, but for one visitor at a time.",
    yields="tokens",
    concurrency_limit=1,
)
async def single_script(message: str) -> AsyncIterator[str]:
    async for token in scripts.run(message):
        yield token
