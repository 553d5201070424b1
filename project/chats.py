"""Demo chats to begin with: a reply at once, in pieces, for members only, or not at all."""

import asyncio
import secrets
import time
from collections.abc import AsyncIterator, Iterator
from typing import Any

from django.contrib.auth import get_user_model

import chatinterface as chat
from project import agents, assistants, attachments, buttons, gallery, inputs, looks, orders, samples, tour, turns

__all__ = ["agents", "assistants", "attachments", "buttons", "gallery", "inputs", "looks", "orders", "samples", "turns"]


@chat.register(
    title="Echo",
    description="Says it again, word by word.",
    yields="tokens",
)
async def echo(message: str, history: list[dict[str, Any]]) -> AsyncIterator[str]:
    for word in message.split():
        yield word + " "
        await asyncio.sleep(0.05)


@chat.register(
    title="Markdown tour",
    line_breaks=False,
    description="Headings, lists, a table, code and formulas, rendered while they stream.",
    placeholder="Send anything, and watch.",
    callback_user="Guide",
    yields="tokens",
)
async def markdown_tour(message: str) -> AsyncIterator[str]:
    for word in tour.WORDS:
        yield word
        await asyncio.sleep(0.03)


@chat.register(
    title="Slow echo",
    description="Gradio’s way: each yield is the whole reply so far.",
)
async def slow_echo(message: str, history: list[dict[str, Any]]) -> AsyncIterator[str]:
    turn = len(history) // 2 + 1
    for length in range(1, len(message) + 1):
        yield f"Turn {turn}: {message[:length]}"
        await asyncio.sleep(0.05)


@chat.register
class Parrot(chat.ChatInterface):
    title = "Parrot"
    description = "Panel’s way: a callback that takes the contents, the user and the instance. Declared as a class."
    callback_user = "Polly"
    callback_avatar = "🦜"

    async def callback(self, contents: str, user: str, instance: chat.ChatSession) -> str:
        return f"{user} said **{contents}**, and it is kept as {instance.conversation.title!r}."


@chat.register(
    title="Blocking",
    description="Plain synchronous code. It works in a thread, and nobody else waits for it.",
    placeholder_text="Thinking hard",
)
def blocking(message: str) -> str:
    time.sleep(3)
    return f"After three seconds of work: {message}"


@chat.register(
    title="Countdown",
    description="A synchronous generator. Stop closes it at its next yield.",
    yields="tokens",
)
def countdown(message: str) -> Iterator[str]:
    for number in range(10, 0, -1):
        yield f"{number} … "
        time.sleep(0.5)
    yield "**Lift-off!**"


@chat.register(
    title="Failing",
    description="Raises. The user gets a sentence and an id, the log gets the traceback under that id.",
    yields="tokens",
)
async def failing(message: str) -> AsyncIterator[str]:
    yield "So far, so good …"
    await asyncio.sleep(0.5)
    raise RuntimeError("The details are for the log only.")


@chat.register(
    title="Members only",
    description="Asks for a login first.",
    login_required=True,
)
async def members_only(message: str, chat: chat.ChatSession) -> str:
    return f"Hello {chat.user}, nobody else can read this conversation."


@chat.register(
    title="Staff room",
    description="For those who may see the site’s users: log in as `admin`. Nobody else gets in.",
    permission_required="auth.view_user",
    callback_user="Janitor",
    callback_avatar="🗝️",
)
def staff_room(message: str, chat: chat.ChatSession) -> str:
    return f"Come in, {chat.user}. {get_user_model().objects.count()} people have a key to this house."


@chat.register(
    title="Advisor",
    description="Asks what you think of its advice. Thumbs, a menu, a comment; staff reviews them in the admin.",
    yields="tokens",
    flagging_mode="manual",
    flagging_options=("Like", "Dislike", "Wrong", "Unclear", "Unkind"),
    flag_retention=365,
)
async def advisor(message: str, history: list[dict[str, Any]]) -> AsyncIterator[str]:
    for word in f"My advice number {len(history) // 2 + 1} on “{message}”: **sleep on it**, then ask again.".split():
        yield word + " "
        await asyncio.sleep(0.03)


@chat.register(
    title="Notebook",
    description="Keeps what you talk about: search it, rename it, pin it, take it with you.",
    placeholder="Your conversations are in the list beside this one.",
    callback_user="Notebook",
    yields="tokens",
    save_history=True,
)
async def notebook(message: str, history: list[dict[str, Any]]) -> AsyncIterator[str]:
    for word in f"Noted: {message}".split():
        yield word + " "
        await asyncio.sleep(0.05)


@chat.register(
    title="Versions",
    description="Edit what you said, or what was answered. Every version is kept: step between them, and share one.",
    editable="all",
    shareable=True,
    yields="tokens",
)
async def versions(message: str, history: list[dict[str, Any]]) -> AsyncIterator[str]:
    for word in f"Draft {secrets.randbelow(900) + 100} on **{message}**, after {len(history)} messages.".split(" "):
        yield word + " "
        await asyncio.sleep(0.03)
