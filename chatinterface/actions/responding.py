"""Responding to a message: react to it, or choose one of the replies that it offers."""

from __future__ import annotations

from uuid import UUID

from asgiref.sync import async_to_sync
from django.http import HttpRequest, HttpResponse

from chatinterface import conversations, events, history, hooks, responding, signals
from chatinterface.actions.dispatch import changed, execute
from chatinterface.actions.guard import action, refusal
from chatinterface.exceptions import GoneOn, NoOption
from chatinterface.forms import OptionForm, ReactionForm
from chatinterface.interface import ChatInterface
from chatinterface.presentation import changed_frame
from chatinterface.runs import workers
from chatinterface.runs.execution import prepare
from chatinterface.session import ChatSession
from chatinterface.validation import require_valid


@action
def react(request: HttpRequest, interface: ChatInterface, uuid: UUID, message: int) -> HttpResponse:
    """Give a message a reaction, or take it back. Doing it twice changes nothing more."""
    form = ReactionForm(request.POST)
    if not form.is_valid():
        return refusal(request, [error for errors in form.errors.values() for error in errors])
    reacted = responding.react(interface, history.visitor(request), uuid, message, **form.cleaned_data)
    if reacted is not None:
        async_to_sync(events.publish)(uuid, changed_frame(interface, *reacted))
    return HttpResponse(status=204)


@action
def choose(request: HttpRequest, interface: ChatInterface, uuid: UUID, message: int) -> HttpResponse:
    """Send one of the replies that the last message offers, as what the visitor says."""
    form = OptionForm(request.POST)
    if not form.is_valid():
        return refusal(request, [error for errors in form.errors.values() for error in errors])
    who, index, key = history.visitor(request), form.cleaned_data["index"], form.cleaned_data["key"]
    conversation = history.find(who, uuid, interface.name)
    if earlier := conversations.earlier_of(conversation, key):
        # By what was chosen the first time, the options have ended.
        return changed(earlier)
    offering, option = responding.chosen(conversation, message, index)
    session = ChatSession(interface=interface, conversation=conversation)
    require_valid(interface.validator, option.value, lambda: session)
    try:
        exchange = conversations.send(
            interface, who, uuid, option.value, worker=workers.of(interface), key=key, answering=offering
        )
    except GoneOn:
        raise NoOption from None
    if not exchange.repeated:
        execute(request, prepare(interface, exchange))
        session = ChatSession(interface=interface, conversation=exchange.conversation)
        event = hooks.OptionEvent(message=offering, index=index, value=option.value)
        hooks.tell(session, interface.on_option_select, signals.option_selected, event)
    return changed(exchange)
