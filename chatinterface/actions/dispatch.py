"""Having an exchange executed, and what its sender is told."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from uuid import UUID

from asgiref.sync import async_to_sync
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django_htmx.http import trigger_client_event

from chatinterface import events, history, hooks, queueing, replies, tree
from chatinterface.begun import Begun
from chatinterface.conversations import Exchange
from chatinterface.interface import ChatInterface
from chatinterface.models import Conversation, Message
from chatinterface.presentation import settled_frame
from chatinterface.queueing import Way
from chatinterface.runs import records, telling, waiting
from chatinterface.runs.execution import Job, announce, run, start
from chatinterface.runs.handover import hand_over, is_for_workers
from chatinterface.session import ChatSession
from chatinterface.validation import require_valid


def execute(request: HttpRequest, job: Job) -> None:
    """Execute a run, here or by a worker; what it says comes by the socket."""
    # Outside of ASGI no event loop outlives the request: the answer waits for the run's end.
    async_to_sync(begin)(job, here=start if isinstance(request, ASGIRequest) else run)


async def begin(job: Job, *, here: Callable[[Job], Awaitable[object]] = start) -> None:
    """Have a run executed, ``here`` or by a worker; by default it goes on when this has returned.

    Its pages have been told of it then.
    """
    await (hand_over if is_for_workers(job) else here)(job)


def require_valid_question(request: HttpRequest, interface: ChatInterface, uuid: UUID, message: int) -> None:
    """Ask the chat's validator, if it has one, about the question of a reply that is to be answered anew."""
    if interface.validator is None:
        return
    conversation = history.find(history.visitor(request), uuid, interface.name)
    reply = conversation.messages.filter(pk=message).first()
    question = tree.question_of(conversation, reply) if reply else None
    if question is not None:
        session = ChatSession(interface=interface, conversation=conversation)
        value = records.given(interface, conversation, question)["message"]
        require_valid(interface.validator, value, lambda: session)


def give(job: Job, known: Mapping[str, Any]) -> None:
    """Complete the reply of a run by ``parts`` and ``html`` that are known already, without calling anybody."""
    interface, conversation, reply = job.interface, job.exchange.conversation, job.exchange.reply
    if job.exchange.way is Way.INTERRUPT:
        async_to_sync(waiting.stop)(queueing.before(job.exchange.run))
    revision = replies.settle(reply, job.exchange.run, status=Message.Status.DONE, **known)
    async_to_sync(announce)(job)
    settled = settled_frame(interface, conversation, reply, revision=revision)
    async_to_sync(events.publish)(conversation.uuid, settled)
    if send := telling.settled(interface, conversation, reply):
        hooks.in_callback_thread(send)
    hooks.completed(interface, conversation, reply)


def changed(exchange: Exchange) -> HttpResponse:
    """The answer to who has sent something: what the conversation is now, and where."""
    # Not HX-Push-Url: htmx heeds it only where it swaps something, and there is nothing to be swapped.
    return trigger_client_event(HttpResponse(status=204), "chatinterface:sent", standing(exchange))


def standing(begun: Begun) -> dict[str, Any]:
    """The revision that the sender's page is to show, and the conversation's address."""
    conversation = begun.conversation
    address = reverse("chatinterface:conversation", args=[conversation.interface, conversation.uuid])
    return {"revision": conversation.revision, "url": address}


def turned(conversation: Conversation, said: object = "", **details: str) -> HttpResponse:
    """Tell all pages that another part of the conversation is shown, and who did it in words that it was done."""
    frame: events.Frame = {"type": events.LOG_CHANGED, "revision": conversation.revision}
    async_to_sync(events.publish)(conversation.uuid, frame)
    detail = {"revision": conversation.revision, "said": str(said), **details}
    return trigger_client_event(HttpResponse(status=204), "chatinterface:turned", detail)
