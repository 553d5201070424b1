"""The list of the keys that do something in a chat."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from chatinterface.interface import ChatInterface
from chatinterface.shortcuts import shortcuts
from chatinterface.views.guard import page


@page
def dialog(request: HttpRequest, interface: ChatInterface) -> HttpResponse:
    """A dialog with all of them, as a fragment."""
    return render(request, "chatinterface/shortcuts.html", {"shortcuts": shortcuts(interface)})
