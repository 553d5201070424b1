"""What stands beside a chat, as a fragment."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from chatinterface import history
from chatinterface.interface import ChatInterface
from chatinterface.views.guard import page


@page
def outputs(request: HttpRequest, interface: ChatInterface, uuid: UUID) -> HttpResponse:
    """All outputs of a conversation."""
    found = history.find(history.visitor(request), uuid, interface.name)
    return render(request, "chatinterface/outputs.html", {"interface": interface, "conversation": found})
