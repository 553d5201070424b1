"""Chats whose replies are written by worker processes."""

import asyncio
from collections.abc import AsyncIterator, Iterator

import chatinterface as chat
from chatinterface.hooks import ButtonEvent
from chatinterface.models import Message
from project.instruments import script


def sign(message: Message, instance: chat.ChatSession) -> None:
    """Sign the order when it is complete."""
    if message.text.endswith("pizza") and message.role == Message.Role.ASSISTANT:
        instance.send(f"signed: {message.status}")


async def hold(instance: chat.ChatSession, event: ButtonEvent) -> AsyncIterator[str]:
    yield f"pressed {event.name}"
    await asyncio.Event().wait()


@chat.register(executor="tasks", yields="tokens", on_busy="queue", button_properties={"hold": {"callback": hold}})
async def worked(message: str) -> AsyncIterator[str]:
    """As the chat Script."""
    async for token in script.run(message):
        yield token


@chat.register(executor="tasks", yields="tokens", on_busy="interrupt")
async def worked_interrupted(message: str) -> AsyncIterator[str]:
    async for token in script.run(message):
        yield token


@chat.register(executor="tasks", additional_outputs=["total"], post_hook=sign)
def worked_order(message: str, instance: chat.ChatSession) -> Iterator[object]:
    """Show a step and an output, and ask."""
    with instance.add_step(title="Looking it up") as step:
        step.stream("found")
    size = instance.prompt_user(["Small", "Large"], title="Which size?")
    yield f"{size} {message}", 12
