"""The pages, and the fragments that they fetch."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from chatinterface import history
from chatinterface.forms import MessageForm
from chatinterface.gate import LoginRequired, admitted, login_response
from chatinterface.interface import ChatInterface
from chatinterface.models import Conversation, Message, Run
from chatinterface.presentation import article
from chatinterface.runs.recovery import interrupt_lost

# More digits than any id has.
LONGEST_ID = 20

PageView = Callable[..., HttpResponse]


def page(view: PageView) -> PageView:
    """For a view of a chat: resolves its name, admits its visitor, answers 404 for what is not theirs."""

    @never_cache
    @require_safe
    @wraps(view)
    def wrapped(request: HttpRequest, name: str, **kwargs: Any) -> HttpResponse:
        try:
            return view(request, admitted(request, name), **kwargs)
        except LoginRequired:
            return login_response(request)
        except (Conversation.DoesNotExist, Message.DoesNotExist):
            raise Http404 from None

    return wrapped


@page
def new(request: HttpRequest, interface: ChatInterface) -> HttpResponse:
    """The page of a conversation that does not exist until its first message."""
    uuid, token = history.new_token(history.visitor(request), interface.name)
    conversation = Conversation(uuid=uuid, interface=interface.name)
    return render(request, "chatinterface/page.html", {**_log(interface, conversation), "token": token})


@page
def conversation(request: HttpRequest, interface: ChatInterface, uuid: UUID) -> HttpResponse:
    """The page of a conversation, with its newest messages."""
    found = _found(request, interface, uuid)
    return render(request, "chatinterface/page.html", {**_log(interface, found), "token": ""})


@page
def log(request: HttpRequest, interface: ChatInterface, uuid: UUID) -> HttpResponse:
    """The messages of a conversation as a fragment: the newest, or with ``?before=<id>`` the page before that one."""
    before = request.GET.get("before", "")
    if before and not (before.isdecimal() and len(before) < LONGEST_ID):
        raise Http404
    found = _found(request, interface, uuid)
    return render(request, "chatinterface/log.html", _log(interface, found, int(before) if before else None))


@page
def message(request: HttpRequest, interface: ChatInterface, uuid: UUID, message: int) -> HttpResponse:
    """One message of a conversation as a fragment."""
    found = _found(request, interface, uuid)
    return HttpResponse(article(interface, found, found.messages.get(pk=message, active=True)))


def _found(request: HttpRequest, interface: ChatInterface, uuid: UUID) -> Conversation:
    """The visitor's conversation; what a lost worker left behind in it is marked first."""
    found = history.find(history.visitor(request), uuid, interface.name)
    interrupt_lost(found)
    return found


def _log(interface: ChatInterface, conversation: Conversation, before: int | None = None) -> dict[str, Any]:
    messages, older = history.messages(conversation, before) if conversation.pk else ([], None)
    return {
        "interface": interface,
        "conversation": conversation,
        "messages": messages,
        "older": older,
        "state": _state(conversation),
        "form": MessageForm(),
    }


def _state(conversation: Conversation) -> str:
    leaf = conversation.leaf
    if leaf is None or not leaf.running:
        return "idle"
    return "queued" if leaf.run is not None and leaf.run.status == Run.Status.QUEUED else "streaming"
