"""What the chat `steps` does: it shows steps, and waits at gates that a test opens."""

from collections.abc import AsyncIterator

import chatinterface as chat
from project.instruments.script import gates


@chat.register(
    title="Steps",
    description="`steps GATE`: waits in a step until somebody sends `release GATE` to the chat `script`.",
    yields="tokens",
    reasoning_tags=[("<think>", "</think>")],
)
async def steps(message: str, chat: chat.ChatSession) -> AsyncIterator[object]:
    order, gate = message.split()
    yield "Before. "
    async with await chat.aadd_step("Outer") as outer:
        await outer.astream("first **words**\n\nsecond words")
        async with await chat.aadd_step("Inner") as inner:
            await inner.astream("deep words")
            await gates[gate].wait()
            await outer.aupdate(title="Outer, renamed")
            if order == "fail":
                raise RuntimeError("internals that no user may see")
    yield "<think>thought words</think>"
    yield {"title": "a value", "words": 3}
    yield "After."


@chat.register(
    title="Long part",
    description="`GATE`: shows what is too long for a frame, waits, and shows something else in its place.",
    yields="tokens",
)
async def long_part(message: str) -> AsyncIterator[object]:
    yield "Before. "
    yield chat.Code("a long line of code\n" * 10_000, key="code")
    yield "After. "
    await gates[message].wait()
    yield chat.Code("a short one", key="code")
    yield "Done."
