"""Talking: send a message, stop."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import replace
from functools import cache, partial
from typing import Any
from uuid import UUID

from asgiref.sync import async_to_sync
from django.http import HttpRequest, HttpResponse

from chatinterface import by_socket, conversations, events, history, hooks, sampling, signals, site, uploads
from chatinterface.actions import buttons
from chatinterface.actions.beginning import beginning
from chatinterface.actions.dispatch import changed, execute, give, standing
from chatinterface.actions.guard import action, refusal
from chatinterface.conversations import Exchange
from chatinterface.gate import admitted
from chatinterface.handshake import SocketRequest, language_of
from chatinterface.history import Visitor
from chatinterface.interface import ChatInterface
from chatinterface.models import Conversation
from chatinterface.posting import Posted
from chatinterface.replies import interrupt_lost
from chatinterface.runs import workers
from chatinterface.runs.execution import Job, prepare
from chatinterface.runs.stopping import stop_reply
from chatinterface.session import ChatSession
from chatinterface.uploads import is_open
from chatinterface.validation import require_valid

logger = logging.getLogger("chatinterface")


class Invalid(Exception):
    """What was ``posted`` is no message of the chat's."""

    def __init__(self, posted: Posted) -> None:
        super().__init__(posted)
        self.posted = posted


@action
def send(request: HttpRequest, interface: ChatInterface, uuid: UUID) -> HttpResponse:
    """Add a message to a conversation, or begin one with it, and have it answered."""
    try:
        exchange, posted, event = _taken(request, interface, uuid)
    except Invalid as invalid:
        return refusal(request, invalid.posted.errors, invalid.posted.fields)
    if not exchange.repeated:
        _answer(request, interface, exchange, posted, event)
    return changed(exchange)


def take(scope: Mapping[str, Any], uuid: UUID, key: str, text: str) -> tuple[events.Frame, Job | None]:
    """Add a message of plain text that came by a page's socket: what that is told, and the run that is to be started.

    What cannot be taken is not said here: the page posts it then, by the same key, and is answered as to any request.
    """
    request = SocketRequest(scope, {"key": key, "message": text})
    try:
        with language_of(request):
            interface = admitted(request, request.GET.get("chat", ""))
            if by_socket.sends(interface):
                exchange, posted, event = _taken(request, interface, uuid)
                job = None if exchange.repeated else _begun(interface, exchange, posted, event)
                return {"type": events.SENT, "key": key, **standing(exchange)}, job
    except Exception as error:
        extra = {"event": "message.unsent", "error": type(error).__name__}
        logger.debug("A message that came by the socket was not taken: %s", type(error).__name__, extra=extra)
    return {"type": events.UNSENT, "key": key}, None


def _taken(request: HttpRequest, interface: ChatInterface, uuid: UUID) -> tuple[Exchange, Posted, hooks.ButtonEvent]:
    """What was posted, committed."""
    places = cache(partial(_places, request, interface, uuid))
    posted = Posted(interface, uuid, request, lambda wanted: uploads.arrived(interface, places(), wanted))
    if not posted.is_valid():
        raise Invalid(posted)
    require_valid(interface.validator, posted.value, partial(_session, request, interface, uuid))
    envelope = posted.envelope.cleaned_data
    event = hooks.ButtonEvent(name="send", value=posted.value)
    with beginning(request, interface, uuid, envelope["token"]) as page:
        if not _is_repeated(interface, page.who, uuid, envelope["key"]):
            buttons.before(interface, page, uuid, event, counts=False)
        exchange = conversations.send(
            interface,
            page.who,
            uuid,
            posted.text,
            worker=workers.of(interface),
            key=envelope["key"],
            may_create=page.may_create,
            entered=posted.entered,
            attached=[replace(each, places=places()) for each in posted.attached if each.uploads],
        )
        page.owned(exchange.conversation, proven=exchange.repeated)
    return exchange, posted, event


def _session(request: HttpRequest, interface: ChatInterface, uuid: UUID) -> ChatSession | None:
    """The session of a conversation that has begun."""
    try:
        found = history.find(history.visitor(request), uuid, interface.name)
    except Conversation.DoesNotExist:
        return None
    return ChatSession(interface=interface, conversation=found)


def _is_repeated(interface: ChatInterface, who: Visitor, uuid: UUID, key: UUID | None) -> bool:
    """Whether it was sent already; asked only where something would be done before it once more."""
    if interface.pressable("send").callback is None:
        return False
    try:
        return conversations.earlier_of(history.find(who, uuid, interface.name), key) is not None
    except Conversation.DoesNotExist:
        return False


def _begun(interface: ChatInterface, exchange: Exchange, posted: Posted, sent: hooks.ButtonEvent) -> Job:
    try:
        return _prepared(interface, exchange, posted, sent)
    except Exception:
        # A request that repeats it finds the message there, and says nothing of this.
        extra = {"event": "run.unprepared", "chat": interface.name, "run": exchange.run.pk}
        logger.exception("Run %s of %r could not be begun", exchange.run.pk, interface.name, extra=extra)
        raise


def _prepared(interface: ChatInterface, exchange: Exchange, posted: Posted, sent: hooks.ButtonEvent) -> Job:
    return prepare(interface, exchange, entered=posted.entered, then=buttons.then(interface, sent))


def _answer(
    request: HttpRequest, interface: ChatInterface, exchange: Exchange, posted: Posted, sent: hooks.ButtonEvent
) -> None:
    """Have it answered; where it is an example whose reply is known, by that one."""
    job, example = _prepared(interface, exchange, posted, sent), posted.example
    known = sampling.known(interface, example) if example is not None else None
    if known is not None:
        give(job, known)
        buttons.after(request, interface, exchange.conversation, sent)
    else:
        if example is not None and interface.cache_examples:
            sampling.keep_next(interface)
        execute(request, job)
    if example is not None:
        session = ChatSession(interface=interface, conversation=exchange.conversation)
        event = hooks.ExampleEvent(message=exchange.question, index=example.index, value=example.text)
        hooks.tell(session, interface.on_example_select, signals.example_selected, event)


def _places(request: HttpRequest, interface: ChatInterface, uuid: UUID) -> list[UUID]:
    """Where the files of the message may have been attached: in its conversation, or in a page that was left for it."""
    who = history.visitor(request)
    tokens = [request.POST.get(name, "") for name in ("token", "uploads_token")]
    granted = [given[0] for token in tokens if (given := history.granted(token, who)) and given[1] == interface.name]
    return [
        each
        for each in dict.fromkeys([uuid, *granted])
        if is_open(
            interface,
            history.visitor(request, granted=each if each in granted else None),
            each,
            granted=each in granted,
        )
    ]


@action
def stop(request: HttpRequest, interface: ChatInterface, uuid: UUID, message: int | None = None) -> HttpResponse:
    """Stop the replies that are being written or wait, wherever they are: all of them, or this one.

    There may be none any more: that is no error.
    """
    conversation = history.find(history.visitor(request), uuid, interface.name)
    interrupt_lost(conversation)
    if conversation.answering:
        buttons.before_stop(interface, conversation)
        for reply in site.writing(conversation, message):
            if async_to_sync(stop_reply)(reply, pressed=True):
                buttons.after(request, interface, conversation, hooks.ButtonEvent(name="stop"))
    return HttpResponse(status=204)
