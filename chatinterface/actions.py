"""The actions of a page: POSTs that change something and answer without content. What changed comes by the socket."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from functools import wraps
from typing import Any
from uuid import UUID

from django.core.handlers.asgi import ASGIRequest
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST
from django_htmx.http import trigger_client_event

from chatinterface import conversations, events, history
from chatinterface.conversations import Exchange
from chatinterface.exceptions import ChatError
from chatinterface.forms import MessageForm
from chatinterface.gate import LoginRequired, admitted, login_response
from chatinterface.interface import ChatInterface
from chatinterface.models import Conversation, Message
from chatinterface.presentation import added_frame
from chatinterface.runs.execution import start
from chatinterface.runs.recovery import interrupt_lost
from chatinterface.threads import in_database


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an action answers, and what is still to be done on the event loop."""

    response: HttpResponse
    then: Callable[[], Awaitable[asyncio.Task[None] | None]] | None = None


Action = Callable[..., Outcome]


def action(work: Action) -> Callable[..., Coroutine[Any, Any, HttpResponse]]:
    """For database work that acts on a chat: admits the visitor, does the work in a thread, and then what follows
    from it.

    Not in the request's transaction where a site has one: what is announced must be committed. Outside of ASGI, where
    no event loop outlives the request, the answer waits for the run's end.
    """

    @transaction.non_atomic_requests
    @require_POST
    @wraps(work)
    async def wrapped(request: HttpRequest, name: str, **kwargs: Any) -> HttpResponse:
        outcome = await in_database(_guarded, work, request, name, **kwargs)
        task = await outcome.then() if outcome.then else None
        if task is not None and not isinstance(request, ASGIRequest):
            await asyncio.wait({task})
        return outcome.response

    return wrapped


@action
def send(request: HttpRequest, interface: ChatInterface, uuid: UUID) -> Outcome:
    """Add a message to a conversation, or begin one with it, and have it answered."""
    form = MessageForm(request.POST)
    if not form.is_valid():
        return Outcome(
            render(request, "chatinterface/form_errors.html", {"errors": form.errors["message"]}, status=422)
        )
    granted = history.granted(form.cleaned_data["token"], history.visitor(request))
    if granted != (uuid, interface.name):
        granted = None
    if granted:
        history.open_session(request, uuid)
    exchange = conversations.send(
        interface,
        history.visitor(request, granted=uuid if granted else None),
        uuid,
        form.cleaned_data["message"],
        key=form.cleaned_data["key"],
        may_create=granted is not None,
    )
    response = _changed(exchange)
    if exchange.repeated:
        return Outcome(response)
    added = added_frame(interface, exchange.conversation, [exchange.question, exchange.reply])
    return Outcome(response, lambda: start(exchange, interface, added))


@action
def retry(request: HttpRequest, interface: ChatInterface, uuid: UUID, message: int) -> Outcome:
    """Have a question answered again whose reply was stopped, failed or interrupted."""
    exchange = conversations.retry(interface, history.visitor(request), uuid, message)
    added = added_frame(interface, exchange.conversation, [exchange.reply], removed=[message])
    return Outcome(_changed(exchange), lambda: start(exchange, interface, added))


@action
def stop(request: HttpRequest, interface: ChatInterface, uuid: UUID) -> Outcome:
    """Stop the reply that is being written, wherever it is. There may be none any more: that is no error."""
    conversation = history.find(history.visitor(request), uuid, interface.name)
    leaf = conversation.leaf
    if leaf is None or not leaf.running:
        return Outcome(HttpResponse(status=204))
    interrupt_lost(conversation)
    return Outcome(HttpResponse(status=204), lambda: events.stop_reply(leaf.pk))


def _changed(exchange: Exchange) -> HttpResponse:
    # Not HX-Push-Url: htmx heeds it only where it swaps something, and there is nothing to be swapped.
    conversation = exchange.conversation
    address = reverse("chatinterface:conversation", args=[conversation.interface, conversation.uuid])
    sent = {"revision": conversation.revision, "url": address}
    return trigger_client_event(HttpResponse(status=204), "chatinterface:sent", sent)


def _guarded(work: Action, request: HttpRequest, name: str, **kwargs: Any) -> Outcome:
    try:
        return work(request, admitted(request, name), **kwargs)
    except LoginRequired:
        return Outcome(login_response(request))
    except (Conversation.DoesNotExist, Message.DoesNotExist):
        raise Http404 from None
    except ChatError as error:
        return Outcome(render(request, "chatinterface/form_errors.html", {"errors": [str(error)]}, status=422))
