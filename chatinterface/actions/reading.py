"""Reading: a message was copied, or selected. Nothing changes by it; who listens is told."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.dispatch import Signal
from django.http import Http404, HttpRequest, HttpResponse

from chatinterface import history, hooks, signals, tree
from chatinterface.actions.guard import action
from chatinterface.interface import ChatInterface
from chatinterface.session import ChatSession


@action
def copied(request: HttpRequest, interface: ChatInterface, uuid: UUID, message: int) -> HttpResponse:
    """Tell that a message was copied; 404 where nobody listens."""
    return _tell(request, interface, uuid, message, interface.on_copy, signals.message_copied, hooks.CopyEvent)


@action
def selected(request: HttpRequest, interface: ChatInterface, uuid: UUID, message: int) -> HttpResponse:
    """Tell that a message was selected; 404 where nobody listens."""
    return _tell(request, interface, uuid, message, interface.on_select, signals.message_selected, hooks.SelectEvent)


def _tell(
    request: HttpRequest,
    interface: ChatInterface,
    uuid: UUID,
    message: int,
    hook: Callable[..., Any] | None,
    signal: Signal,
    event: Callable[..., object],
) -> HttpResponse:
    conversation = history.find(history.visitor(request), uuid, interface.name)
    found = conversation.messages.get(pk=message, active=True)
    if not hooks.listens(interface, hook, signal):
        raise Http404
    session = ChatSession(interface=interface, conversation=conversation)
    hooks.tell(session, hook, signal, event(message=found, index=tree.index(found), value=found.text))
    return HttpResponse(status=204)
