"""Sharing: make a link to a conversation, and revoke it."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse

from chatinterface import history, sharing
from chatinterface.actions.guard import action
from chatinterface.forms import ShareForm
from chatinterface.interface import ChatInterface
from chatinterface.views.sharing import listed


@action
def share(request: HttpRequest, interface: ChatInterface, uuid: UUID) -> HttpResponse:
    """Make a link to what is shown now."""
    form = ShareForm(request.POST)
    form.is_valid()
    link = sharing.share(interface, history.visitor(request), uuid, shows_files=form.cleaned_data["shows_files"])
    return listed(request, interface, link.conversation, made=link)


@action
def revoke(request: HttpRequest, interface: ChatInterface, uuid: UUID, token: str) -> HttpResponse:
    """Let a link lead nowhere from now on."""
    who = history.visitor(request)
    conversation = history.find(who, uuid, interface.name)
    sharing.revoke(interface, who, token)
    return listed(request, interface, conversation)
