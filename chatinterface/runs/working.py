"""Executing a run in a worker process of the site's tasks: on an event loop of its own, which ends with it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from django.conf import settings
from django.utils import translation

from chatinterface import hooks, queueing, registry
from chatinterface.begun import Begun
from chatinterface.conversations import Exchange
from chatinterface.exceptions import UnknownChat
from chatinterface.history import with_leases
from chatinterface.hooks import ButtonEvent
from chatinterface.interface import ChatInterface
from chatinterface.models import Conversation, Message, Run
from chatinterface.presses import BUTTON
from chatinterface.queueing import Way
from chatinterface.runs import workers
from chatinterface.runs.calling import Call, Job, call_of
from chatinterface.runs.ending import running, signals_held
from chatinterface.runs.execution import start
from chatinterface.runs.pressing import prepare_press
from chatinterface.runs.stopping import give_up
from chatinterface.threads import in_database

# What follows a run: the name of each button, and the id of the message that it is about.
Following = Sequence[tuple[str, int | None]]


def work(pk: int, then: Following) -> str | None:
    """See execute(); a signal that ends the process is held until the reply is stored."""
    with asyncio.Runner() as runner, signals_held(runner.get_loop()):
        try:
            return runner.run(execute(pk, then))
        finally:
            hooks.finish()


async def execute(pk: int, then: Following = ()) -> str | None:
    """Execute a run that waits for any worker, and what follows it; returns how it ended.

    None where there was nothing to be done: it has ended meanwhile, or another worker has it. Raises UnknownChat, and
    what the callback raises where the chat has ``callback_exception="raise"``.
    """
    try:
        job = await in_database(load, pk, then)
    except Exception:
        # Nobody else is going to take it.
        await give_up(pk)
        raise
    if job is None:
        return None
    task = await start(job)
    if running.ending:
        # It was asked to end before there was anything to be stored.
        await running.end()
    await asyncio.wait({task})
    if not task.cancelled() and (error := task.exception()) is not None:
        raise error
    # Another worker may have taken it at the same moment.
    return str(job.exchange.run.status) if job.exchange.run.worker == workers.here() else None


def load(pk: int, then: Following = ()) -> Job | None:
    """What a run needs that waits for any worker; None where there is nothing to be done. Raises UnknownChat."""
    waiting = Run.objects.filter(status=Run.Status.QUEUED, worker=workers.ANY, conversation__deleted_at=None)
    run = waiting.filter(pk=pk).first()
    replies = Message.objects.filter(run=pk, status__in=Message.OPEN).select_related("parent")
    reply = replies.order_by("pk").first()
    if run is None or reply is None:
        return None
    conversations = with_leases(Conversation.objects.select_related("leaf__run", "user"))
    conversation = conversations.get(pk=run.conversation_id)
    interface = registry.find(conversation.interface)
    if interface is None:
        raise UnknownChat(f"The chat {conversation.interface!r} is not registered in this worker process.")
    with translation.override(conversation.language or settings.LANGUAGE_CODE):
        if run.trigger == Run.Trigger.BUTTON:
            return _pressed(interface, Begun(conversation=conversation, reply=reply, run=run, way=_way(interface)))
        assert reply.parent is not None, "it answers something"
        exchange = Exchange(conversation=conversation, reply=reply, run=run, way=_way(interface), question=reply.parent)
        call = call_of(interface, exchange, exchange.question)
        following = tuple(_event(conversation, call, name, message) for name, message in then)
        return Job(interface=interface, exchange=exchange, call=call, added=None, then=following)


def _pressed(interface: ChatInterface, begun: Begun) -> Job:
    button = interface.pressable(begun.reply.metadata[BUTTON])
    event = ButtonEvent(name=button.name)
    return prepare_press(interface, begun, event, button.callback, button.post_callback, told=True)


def _way(interface: ChatInterface) -> Way:
    return queueing.WAYS.get(interface.on_busy, Way.GO)


def _event(conversation: Conversation, call: Call, name: str, message: int | None) -> ButtonEvent:
    about = None if message is None else conversation.messages.filter(pk=message).first()
    return ButtonEvent(name=name, value=call.given["message"] if name == "send" else None, message=about)
