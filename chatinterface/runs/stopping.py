"""Stopping a reply, wherever it is being written, and ending one that no worker has begun with."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.db import transaction
from django.utils import translation

from chatinterface import chains, events, hooks, queueing, registry, replies
from chatinterface.exceptions import Replaced
from chatinterface.interface import ChatInterface
from chatinterface.models import Conversation, Message, Run
from chatinterface.presentation import settled_frame
from chatinterface.presses import is_quiet
from chatinterface.runs import workers
from chatinterface.runs.telling import settled, tell_list
from chatinterface.threads import in_database


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """A reply that has ended without a worker, and what pages are told of it.

    ``reply`` is None where nothing is left of it, ``interface`` where its chat is not registered in this process.
    """

    interface: ChatInterface | None
    conversation: Conversation
    reply: Message | None
    frame: events.Frame


async def stop_reply(message: int, *, pressed: bool = False) -> bool:
    """Stop a reply, ``pressed`` where the button was; True where it has ended by it, as nobody had begun with it.

    Else whoever writes it is asked to.
    """
    if await end(message, Message.Status.STOPPED):
        return True
    await events.stop_reply(message, pressed=pressed)
    return False


async def end(message: int, status: Message.Status) -> bool:
    """End a reply like this that waits for any worker, and tell its pages; False where there is none such."""
    ended = await in_database(_ended, message, status)
    if ended is None:
        return False
    await events.publish(ended.conversation.uuid, ended.frame)
    if ended.interface is not None:
        await tell_list(ended.interface, ended.conversation)
        if ended.reply is not None:
            _complete(ended.interface, ended.conversation, ended.reply)
    return True


async def give_up(run: int) -> None:
    """End the reply of a run as interrupted that waits for any worker, and that no worker can begin with."""
    for message in await in_database(queueing.unfinished, [run]):
        await end(message, Message.Status.INTERRUPTED)


def _complete(interface: ChatInterface, conversation: Conversation, reply: Message) -> None:
    """Tell the site of it, as of any reply that has ended."""
    if send := settled(interface, conversation, reply):
        hooks.in_callback_thread(send)
    hooks.completed(interface, conversation, reply)


def _ended(message: int, status: Message.Status) -> Ended | None:
    try:
        return _end(message, status)
    except (Conversation.DoesNotExist, Replaced):
        return None


@transaction.atomic
def _end(message: int, status: Message.Status) -> Ended | None:
    waiting = Message.objects.filter(run__status=Run.Status.QUEUED, run__worker=workers.ANY, status__in=Message.OPEN)
    reply = waiting.select_related("run", "conversation").filter(pk=message).first()
    if reply is None or reply.run is None:
        return None
    conversation, run = reply.conversation, reply.run
    interface = registry.find(conversation.interface)
    # In the order in which everybody locks them. From here on no worker takes the run.
    Conversation.objects.select_for_update().only("pk").get(pk=conversation.pk)
    if not Run.objects.select_for_update().filter(pk=run.pk, status=run.status, worker=workers.ANY).exists():
        return None
    with translation.override(conversation.language or settings.LANGUAGE_CODE):
        if is_quiet(reply):
            revision = chains.withdraw(run, reply, ended=Run.Status(status))
            frame: events.Frame = {"type": events.MESSAGE_ADDED, "revision": revision, "removed": [message], "html": ""}
            return Ended(interface=interface, conversation=conversation, reply=None, frame=frame)
        revision = replies.settle(reply, run, status=status, parts=[], html="")
        if interface is None:
            frame = {"type": events.LOG_CHANGED, "revision": revision}
        else:
            frame = settled_frame(interface, conversation, reply, revision=revision)
    return Ended(interface=interface, conversation=conversation, reply=reply, frame=frame)
