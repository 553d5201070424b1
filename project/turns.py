"""Demo chats of replies that meet, and of messages that come too fast: whose turn it is, and how long to wait."""

import asyncio
import secrets
from collections.abc import AsyncIterator
from typing import Any

import chatinterface as chat


async def counted(message: str, history: list[dict[str, Any]]) -> AsyncIterator[str]:
    """A reply of ten seconds, that says what it knows of those before it."""
    yield f"**{message}**, after {len(history)} messages. "
    for number in range(1, 11):
        await asyncio.sleep(1)
        yield f"{number} … "
    yield "done."


@chat.register(
    title="Interrupting",
    description="Say something else while a reply is being written: it stops, and the new message is answered.",
    yields="tokens",
    on_busy="interrupt",
)
async def interrupting(message: str, history: list[dict[str, Any]]) -> AsyncIterator[str]:
    async for words in counted(message, history):
        yield words


@chat.register(
    title="Queueing",
    description="Say all you want at once: one message after the other is answered.",
    yields="tokens",
    on_busy="queue",
)
async def queueing(message: str, history: list[dict[str, Any]]) -> AsyncIterator[str]:
    async for words in counted(message, history):
        yield words


@chat.register(
    title="Parallel",
    description="Each message is answered at once, beside the others.",
    yields="tokens",
    on_busy="parallel",
)
async def parallel(message: str, history: list[dict[str, Any]]) -> AsyncIterator[str]:
    async for words in counted(message, history):
        yield words


@chat.register(
    title="One at a time",
    description="One visitor at a time is answered. Open it in several browsers, and see who is next.",
    yields="tokens",
    concurrency_limit=1,
)
async def one_at_a_time(message: str, history: list[dict[str, Any]]) -> AsyncIterator[str]:
    async for words in counted(message, history):
        yield words


@chat.register(
    title="Oracle",
    description="Three questions a minute, then it rests: who asks again is told for how long, and keeps the text.",
    rate_limit="3/m",
    callback_user="Oracle",
    callback_avatar="🔮",
)
def oracle(message: str) -> str:
    return secrets.choice(["Without a doubt.", "Ask again later.", "My sources say no.", "It is certain."])
