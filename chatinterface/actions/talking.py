"""Talking: send a message, stop."""

from __future__ import annotations

from dataclasses import replace
from functools import cache, partial
from uuid import UUID

from asgiref.sync import async_to_sync
from django.http import HttpRequest, HttpResponse

from chatinterface import conversations, events, history, hooks, sampling, signals, site, uploads
from chatinterface.actions import buttons
from chatinterface.actions.beginning import beginning
from chatinterface.actions.dispatch import changed, execute, give
from chatinterface.actions.guard import action, refusal
from chatinterface.conversations import Exchange
from chatinterface.history import Visitor
from chatinterface.interface import ChatInterface
from chatinterface.models import Conversation
from chatinterface.posting import Posted
from chatinterface.replies import interrupt_lost
from chatinterface.runs.execution import prepare
from chatinterface.runs.records import WORKER
from chatinterface.session import ChatSession
from chatinterface.uploads import is_open
from chatinterface.validation import require_valid


@action
def send(request: HttpRequest, interface: ChatInterface, uuid: UUID) -> HttpResponse:
    """Add a message to a conversation, or begin one with it, and have it answered."""
    places = cache(partial(_places, request, interface, uuid))
    posted = Posted(interface, uuid, request, lambda wanted: uploads.arrived(interface, places(), wanted))
    if not posted.is_valid():
        return refusal(request, posted.errors, posted.fields)
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
            worker=WORKER,
            key=envelope["key"],
            may_create=page.may_create,
            entered=posted.entered,
            attached=[replace(each, places=places()) for each in posted.attached if each.uploads],
        )
        page.owned(exchange.conversation, proven=exchange.repeated)
    if not exchange.repeated:
        _answer(request, interface, exchange, posted, event)
    return changed(exchange)


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


def _answer(
    request: HttpRequest, interface: ChatInterface, exchange: Exchange, posted: Posted, sent: hooks.ButtonEvent
) -> None:
    """Have it answered; where it is an example whose reply is known, by that one."""
    then = buttons.then(interface, sent)
    job, example = prepare(interface, exchange, entered=posted.entered, then=then), posted.example
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
            async_to_sync(events.stop_reply)(reply, pressed=True)
    return HttpResponse(status=204)
