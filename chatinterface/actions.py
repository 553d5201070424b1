"""The actions of a page: POSTs that change something and answer without content. What changed comes by the socket."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any
from uuid import UUID

from asgiref.sync import async_to_sync
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
from chatinterface.runs.execution import Job, prepare, run, start
from chatinterface.runs.records import WORKER
from chatinterface.runs.recovery import interrupt_lost

Action = Callable[..., HttpResponse]


def action(view: Action) -> Action:
    """For a view that acts on a chat: admits its visitor, and says in words what cannot be done.

    Never in the request's transaction, where a site has one: what is announced must be committed.
    """

    @transaction.non_atomic_requests
    @require_POST
    @wraps(view)
    def wrapped(request: HttpRequest, name: str, **kwargs: Any) -> HttpResponse:
        try:
            return view(request, admitted(request, name), **kwargs)
        except LoginRequired:
            return login_response(request)
        except (Conversation.DoesNotExist, Message.DoesNotExist):
            raise Http404 from None
        except ChatError as error:
            return _refusal(request, [str(error)])

    return wrapped


@action
def send(request: HttpRequest, interface: ChatInterface, uuid: UUID) -> HttpResponse:
    """Add a message to a conversation, or begin one with it, and have it answered."""
    form = MessageForm(request.POST)
    if not form.is_valid():
        return _refusal(request, [error for errors in form.errors.values() for error in errors])
    granted = history.granted(form.cleaned_data["token"], history.visitor(request))
    if granted != (uuid, interface.name):
        granted = None
    made = granted is not None and history.open_session(request)
    owner, repeated = "", False
    try:
        exchange = conversations.send(
            interface,
            history.visitor(request, granted=uuid if granted else None),
            uuid,
            form.cleaned_data["message"],
            worker=WORKER,
            key=form.cleaned_data["key"],
            may_create=granted is not None,
        )
        owner, repeated = exchange.conversation.session_key, exchange.repeated
    finally:
        if made:
            history.keep_session(request, owner, proven=repeated)
    if not exchange.repeated:
        _run(request, prepare(interface, exchange))
    return _changed(exchange)


@action
def retry(request: HttpRequest, interface: ChatInterface, uuid: UUID, message: int) -> HttpResponse:
    """Have a question answered again whose reply was stopped, failed or interrupted."""
    exchange = conversations.retry(interface, history.visitor(request), uuid, message, worker=WORKER)
    _run(request, prepare(interface, exchange, removed=[message]))
    return _changed(exchange)


@action
def stop(request: HttpRequest, interface: ChatInterface, uuid: UUID) -> HttpResponse:
    """Stop the reply that is being written, wherever it is. There may be none any more: that is no error."""
    conversation = history.find(history.visitor(request), uuid, interface.name)
    interrupt_lost(conversation)
    if conversation.leaf is not None and conversation.leaf.running:
        async_to_sync(events.stop_reply)(conversation.leaf.pk)
    return HttpResponse(status=204)


def _run(request: HttpRequest, job: Job) -> None:
    # Outside of ASGI no event loop outlives the request: the answer waits for the run's end.
    async_to_sync(start if isinstance(request, ASGIRequest) else run)(job)


def _refusal(request: HttpRequest, errors: Sequence[object]) -> HttpResponse:
    return render(request, "chatinterface/form_errors.html", {"errors": errors}, status=422)


def _changed(exchange: Exchange) -> HttpResponse:
    # Not HX-Push-Url: htmx heeds it only where it swaps something, and there is nothing to be swapped.
    conversation = exchange.conversation
    address = reverse("chatinterface:conversation", args=[conversation.interface, conversation.uuid])
    sent = {"revision": conversation.revision, "url": address}
    return trigger_client_event(HttpResponse(status=204), "chatinterface:sent", sent)
