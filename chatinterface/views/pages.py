"""The page of a chat, and the fragments of its log."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from chatinterface import history, presses, retention, tree
from chatinterface.content.parts import find
from chatinterface.flags.flagging import load_flags
from chatinterface.forms import MessageForm
from chatinterface.interface import ChatInterface
from chatinterface.models import Conversation, Message
from chatinterface.presentation import article, part_html
from chatinterface.replies import interrupt_lost
from chatinterface.versions import undone
from chatinterface.views.guard import page, page_id
from chatinterface.views.history import beginning


@page
def new(request: HttpRequest, interface: ChatInterface) -> HttpResponse:
    """The page of a conversation that does not exist until its first message."""
    retention.sweep(interface)
    uuid, token = history.new_token(history.visitor(request), interface.name)
    conversation = Conversation(uuid=uuid, interface=interface.name)
    shown = {**_log(interface, conversation), **_list(request, interface), "token": token}
    return render(request, "chatinterface/page.html", shown)


@page
def conversation(request: HttpRequest, interface: ChatInterface, uuid: UUID) -> HttpResponse:
    """The page of a conversation, with its newest messages."""
    found = _found(request, interface, uuid)
    shown = {**_log(interface, found), **_list(request, interface), "token": ""}
    return render(request, "chatinterface/page.html", shown)


@page
def log(request: HttpRequest, interface: ChatInterface, uuid: UUID) -> HttpResponse:
    """The messages of a conversation as a fragment: the newest, or with ``?before=<id>`` the page before that one."""
    found = _found(request, interface, uuid)
    return render(request, "chatinterface/log.html", _log(interface, found, page_id(request, "before")))


@page
def message(request: HttpRequest, interface: ChatInterface, uuid: UUID, message: int) -> HttpResponse:
    """One message of a conversation as a fragment."""
    found = _found(request, interface, uuid)
    return HttpResponse(article(interface, found, found.messages.get(pk=message, active=True)))


@page
def part(request: HttpRequest, interface: ChatInterface, uuid: UUID, message: int, part: str) -> HttpResponse:
    """One part of a message as a fragment: what is too long for a frame."""
    found = _found(request, interface, uuid)
    holder = found.messages.get(pk=message)
    shown = find(holder.parts, part)
    if shown is None:
        raise Http404
    return HttpResponse(part_html(interface, found, holder, shown))


def _found(request: HttpRequest, interface: ChatInterface, uuid: UUID) -> Conversation:
    """The visitor's conversation; what a lost worker left behind in it is marked first."""
    found = history.find(history.visitor(request), uuid, interface.name)
    interrupt_lost(found)
    return found


def _log(interface: ChatInterface, conversation: Conversation, before: int | None = None) -> dict[str, Any]:
    size = interface.load_buffer
    messages, older = history.messages(conversation, before, size) if conversation.pk else ([], None)
    silent = all(presses.is_quiet(message) for message in messages)
    tree.number(messages)
    load_flags(interface, conversation, messages)
    return {
        "interface": interface,
        "conversation": conversation,
        "messages": messages,
        "older": older,
        "empty": silent and older is None and before is None,
        "undone": undone(conversation) or "",
        "state": _state(conversation, messages),
        "form": MessageForm(interface=interface),
    }


def _list(request: HttpRequest, interface: ChatInterface) -> dict[str, Any]:
    """What the panel beside the chat shows, where it has one."""
    if not interface.save_history:
        return {}
    who = history.visitor(request)
    return {**beginning(who, interface), "fresh": who.user_id is None and not who.session_key}


def _state(conversation: Conversation, messages: Iterable[Message]) -> str:
    shown = {message.status for message in messages}
    if Message.Status.RUNNING in shown:
        return "streaming"
    if Message.Status.QUEUED in shown:
        return "queued"
    return "streaming" if conversation.answering else "idle"
