"""Another version: run again, edit, step between what there is, undo, clear, bring back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.dispatch import Signal
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from chatinterface import conversations, history, hooks, signals, tree, versions
from chatinterface.actions import buttons
from chatinterface.actions.beginning import Beginning
from chatinterface.actions.dispatch import changed, execute, require_valid_question, turned
from chatinterface.actions.guard import action, refusal
from chatinterface.conversations import Edited, reworded, written
from chatinterface.forms import EditForm
from chatinterface.history import Visitor
from chatinterface.interface import ChatInterface
from chatinterface.models import Conversation, Message
from chatinterface.runs import records, workers
from chatinterface.runs.execution import prepare
from chatinterface.session import ChatSession
from chatinterface.validation import require_valid


@action
def rerun(request: HttpRequest, interface: ChatInterface, uuid: UUID, message: int) -> HttpResponse:
    """Have the question of a reply answered anew."""
    require_valid_question(request, interface, uuid, message)
    who = history.visitor(request)
    event = _about(interface, who, uuid, message)
    buttons.before(interface, Beginning(who), uuid, event, counts=False)
    exchange = conversations.rerun(interface, who, uuid, message, worker=workers.of(interface))
    execute(request, prepare(interface, exchange, then=buttons.then(interface, event)))
    _tell(
        interface,
        exchange.conversation,
        interface.on_retry,
        signals.reply_retried,
        lambda: hooks.RetryEvent(**_where(exchange.question)),
    )
    return changed(exchange)


@action
def edit(request: HttpRequest, interface: ChatInterface, uuid: UUID, message: int) -> HttpResponse:
    """Put a new version in the place of a message; a question is answered anew."""
    form = EditForm(request.POST)
    if not form.is_valid():
        return refusal(request, [error for errors in form.errors.values() for error in errors])
    who, text = history.visitor(request), form.cleaned_data["message"]
    _require_valid(interface, who, uuid, message, text)
    edited = conversations.edit(
        interface, who, uuid, message, text, worker=workers.of(interface), key=form.cleaned_data["key"]
    )
    if not edited.repeated:
        if edited.exchange is not None:
            execute(request, prepare(interface, edited.exchange))
        _tell_edited(interface, edited)
    return changed(edited.exchange) if edited.exchange else turned(edited.conversation, _("Saved."))


@action
def show(request: HttpRequest, interface: ChatInterface, uuid: UUID, message: int) -> HttpResponse:
    """Show this version of a message, with what was shown behind it."""
    shown = versions.switch(interface, history.visitor(request), uuid, message)
    return turned(shown.conversation, _("Version {number} of {count}").format(number=shown.number, count=shown.count))


@action
def undo(request: HttpRequest, interface: ChatInterface, uuid: UUID) -> HttpResponse:
    """Take back the last message; its text returns to who wrote it."""
    who, event = history.visitor(request), hooks.ButtonEvent(name="undo")
    buttons.before(interface, Beginning(who), uuid, event)
    taken = versions.undo(interface, who, uuid)
    message = taken.message
    if message is None:
        return HttpResponse(status=204)
    _tell(
        interface,
        taken.conversation,
        interface.on_undo,
        signals.message_undone,
        lambda: hooks.UndoEvent(**_where(message)),
    )
    response = turned(taken.conversation, _("The last message was taken back."), offer=written(message))
    buttons.after(request, interface, taken.conversation, event)
    return response


@action
def clear(request: HttpRequest, interface: ChatInterface, uuid: UUID) -> HttpResponse:
    """Begin anew; nothing that was said is lost by it."""
    who, event = history.visitor(request), hooks.ButtonEvent(name="clear")
    buttons.before(interface, Beginning(who), uuid, event)
    conversation = versions.clear(interface, who, uuid)
    if conversation is None:
        return HttpResponse(status=204)
    _tell(interface, conversation, interface.on_clear, signals.conversation_cleared, hooks.ClearEvent)
    response = turned(conversation, _("The conversation was cleared."))
    buttons.after(request, interface, conversation, event)
    return response


@action
def revert(request: HttpRequest, interface: ChatInterface, uuid: UUID) -> HttpResponse:
    """Bring back what the last undo or clear took."""
    taken = versions.revert(interface, history.visitor(request), uuid)
    withdrawn = written(taken.message) if taken.message else ""
    return turned(taken.conversation, _("It is back."), withdraw=withdrawn)


def _about(interface: ChatInterface, who: Visitor, uuid: UUID, message: int) -> hooks.ButtonEvent:
    """The press of the button that runs a reply again; with that reply where the chat wants to know."""
    button = interface.pressable("rerun")
    reply = history.find(who, uuid, interface.name).messages.get(pk=message) if button.acts else None
    return hooks.ButtonEvent(name="rerun", message=reply)


def _require_valid(interface: ChatInterface, who: Visitor, uuid: UUID, message: int, text: str) -> None:
    if interface.validator is None:
        return
    conversation = history.find(who, uuid, interface.name)
    previous = conversation.messages.get(pk=message)
    if previous.role == Message.Role.USER:
        draft = Message(conversation=conversation, role=previous.role, parts=reworded(previous.parts, text))
        session = ChatSession(interface=interface, conversation=conversation)
        value = records.given(interface, conversation, draft)["message"]
        require_valid(interface.validator, value, lambda: session)


def _tell_edited(interface: ChatInterface, edited: Edited) -> None:
    message, previous = edited.message, edited.previous
    _tell(
        interface,
        edited.conversation,
        interface.on_edit,
        signals.message_edited,
        lambda: hooks.EditEvent(**_where(message), previous_value=written(previous)),
    )
    if interface.edit_callback is not None:
        session = _session(interface, edited.conversation)
        hooks.call(interface.edit_callback, written(message), tree.index(message), session)


def _tell(
    interface: ChatInterface,
    conversation: Conversation,
    hook: Callable[..., Any] | None,
    signal: Signal,
    event: Callable[[], object],
) -> None:
    if hooks.listens(interface, hook, signal):
        hooks.tell(_session(interface, conversation), hook, signal, event())


def _session(interface: ChatInterface, conversation: Conversation) -> ChatSession:
    return ChatSession(interface=interface, conversation=conversation)


def _where(message: Message) -> dict[str, Any]:
    return {"message": message, "index": tree.index(message), "value": written(message)}
