"""Demo chats that show their way to the answer: steps, thoughts, and values between sentences."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from typing import Any

import chatinterface as chat

ROUTES = [
    {"leg": "Train to the lake", "minutes": 48, "price": 12.5},
    {"leg": "Ferry across", "minutes": 35, "price": 8.0},
    {"leg": "Walk to the hut", "minutes": 90, "price": 0.0},
]

THOUGHTS = (
    "They want to be outside, and it may rain in the afternoon. "
    "A boat is dry and still outside. So: the early ferry, and the walk before noon."
)


OPINIONS = [("Ida", "🦊", "It depends on the weather."), ("Jon", "🐻", "It depends on the snacks.")]


async def spoken(text: str) -> AsyncIterator[str]:
    """A text word by word, as models answer."""
    for word in text.split(" "):
        yield word + " "
        await asyncio.sleep(0.04)


@chat.register(
    title="Trip planner",
    description="Works in steps that close when they are done. Ask it to **fail**, and one does.",
    callback_user="Guide",
    callback_avatar="🧭",
    yields="tokens",
)
async def planner(message: str, chat: chat.ChatSession) -> AsyncIterator[object]:
    async with await chat.aadd_step("Planning") as planning:
        async with await chat.aadd_step("Looking at the weather") as weather:
            async for word in spoken("Dry until noon, then **showers** from the west."):
                await weather.astream(word)
        async with await chat.aadd_step("Asking for timetables") as tables:
            for found in range(1, len(ROUTES) + 1):
                await asyncio.sleep(0.4)
                await tables.astream_title(f"Asking for timetables ({found} of {len(ROUTES)})", replace=True)
            if "fail" in message:
                raise TimeoutError("The timetable service took too long.")
            await tables.astream(ROUTES)
        await planning.astream_title("Planned the day", replace=True)
    async for word in spoken("Take the **early train**. Here is all of it, leg by leg:"):
        yield word
    yield ROUTES
    async for word in spoken("Bring a coat for the way back."):
        yield word


@chat.register(
    title="Thinking aloud",
    description="What stands between `<think>` and `</think>` becomes a step, while it streams.",
    yields="tokens",
    reasoning_tags=[("<think>", "</think>")],
)
async def thinker(message: str) -> AsyncIterator[str]:
    async for word in spoken(f"<think>{THOUGHTS}</think>Take the ferry at eight, and be back before the rain."):
        yield word


@chat.register(
    title="Gradio’s thoughts",
    description="Gradio’s way: messages with `metadata`, of which each yield is the whole list so far.",
)
async def thoughts(message: str) -> AsyncIterator[list[Any]]:
    search = {"title": "Searching the shelves", "id": 1, "status": "pending"}
    began, reply = time.monotonic(), [chat.ChatMessage("Fiction, then maps …", metadata=search)]
    yield reply
    await asyncio.sleep(1)
    found = chat.ChatMessage(
        "Three atlases, one of them upside down.", metadata={"title": "Found something", "parent_id": 1}
    )
    yield [*reply, found]
    await asyncio.sleep(1)
    done = {**search, "title": "Searched the shelves", "status": "done", "duration": time.monotonic() - began}
    yield [chat.ChatMessage("Fiction, then maps …", metadata=done), found, chat.ChatMessage("The second one is yours.")]


@chat.register
class Discussion(chat.ChatInterface):
    title = "Panel discussion"
    description = "Panel’s way: a callback that sends messages of several speakers, from plain synchronous code."
    callback_user = "Host"
    callback_avatar = "🎙️"

    def callback(self, contents: str, user: str, instance: chat.ChatSession) -> Iterator[str]:
        instance.send(f"Today’s question, from {user}: *{contents}*")
        for speaker, avatar, opinion in OPINIONS:
            said = None
            for word in opinion.split():
                said = instance.stream(word + " ", said, user=speaker, avatar=avatar)
                time.sleep(0.15)
        yield "We agree, then."
