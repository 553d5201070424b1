"""Talking: send a message, stop."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any
from uuid import UUID

from asgiref.sync import async_to_sync
from django.http import HttpRequest, HttpResponse

from chatinterface import adoption, conversations, events, history, hooks, sampling, signals, site
from chatinterface.actions.dispatch import changed, execute, give
from chatinterface.actions.guard import action, refusal
from chatinterface.conversations import Exchange
from chatinterface.interface import ChatInterface
from chatinterface.models import Conversation
from chatinterface.posting import Posted
from chatinterface.runs.execution import prepare
from chatinterface.runs.records import WORKER
from chatinterface.runs.recovery import interrupt_lost
from chatinterface.session import ChatSession
from chatinterface.uploads import Attached, is_open
from chatinterface.validation import require_valid


@action
def send(request: HttpRequest, interface: ChatInterface, uuid: UUID) -> HttpResponse:
    """Add a message to a conversation, or begin one with it, and have it answered."""
    posted = Posted(interface, uuid, request)
    if not posted.is_valid():
        return refusal(request, posted.errors, posted.fields)
    require_valid(interface.validator, posted.value, partial(_session, request, interface, uuid))
    envelope = posted.envelope.cleaned_data
    granted = history.granted(envelope["token"], history.visitor(request))
    if granted != (uuid, interface.name):
        granted = None
    made = granted is not None and history.open_session(request)
    owner, repeated = "", False
    try:
        exchange = conversations.send(
            interface,
            history.visitor(request, granted=uuid if granted else None),
            uuid,
            posted.text,
            worker=WORKER,
            key=envelope["key"],
            may_create=granted is not None,
            entered=posted.entered,
            attached=_attached(request, interface, uuid, envelope),
        )
        owner, repeated = exchange.conversation.session_key, exchange.repeated
    finally:
        if made:
            history.keep_session(request, owner, proven=repeated)
    if owner:
        adoption.mark(request.session)
    if not exchange.repeated:
        _answer(request, interface, exchange, posted)
    return changed(exchange)


def _session(request: HttpRequest, interface: ChatInterface, uuid: UUID) -> ChatSession | None:
    """The session of a conversation that has begun."""
    try:
        found = history.find(history.visitor(request), uuid, interface.name)
    except Conversation.DoesNotExist:
        return None
    return ChatSession(interface=interface, conversation=found)


def _answer(request: HttpRequest, interface: ChatInterface, exchange: Exchange, posted: Posted) -> None:
    """Have it answered; where it is an example whose reply is known, by that one."""
    job, example = prepare(interface, exchange, entered=posted.entered), posted.example
    known = sampling.known(interface, example) if example is not None else None
    if known is not None:
        give(job, known)
    else:
        if example is not None and interface.cache_examples:
            sampling.keep_next(interface)
        execute(request, job)
    if example is not None:
        session = ChatSession(interface=interface, conversation=exchange.conversation)
        event = hooks.ExampleEvent(message=exchange.question, index=example.index, value=example.text)
        hooks.tell(session, interface.on_example_select, signals.example_selected, event)


def _attached(request: HttpRequest, interface: ChatInterface, uuid: UUID, envelope: Mapping[str, Any]) -> Attached:
    """The files that the message is sent with: of this conversation, or of a page that was left for this one."""
    limits = interface.limits_of(request.POST.get("input", ""))
    if limits is None or not envelope["uploads"]:
        return Attached()
    places, who = [uuid], history.visitor(request)
    left = history.granted(envelope["uploads_token"], who)
    if left is not None and left[1] == interface.name and is_open(interface, who, left[0], granted=True):
        places.append(left[0])
    return Attached(uploads=envelope["uploads"], places=places, limits=limits)


@action
def stop(request: HttpRequest, interface: ChatInterface, uuid: UUID) -> HttpResponse:
    """Stop the reply that is being written, wherever it is. There may be none any more: that is no error."""
    conversation = history.find(history.visitor(request), uuid, interface.name)
    interrupt_lost(conversation)
    if conversation.answering:
        for reply in site.writing(conversation):
            async_to_sync(events.stop_reply)(reply)
    return HttpResponse(status=204)
