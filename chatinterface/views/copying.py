"""What is copied: the Markdown of a message, or of a whole conversation."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse

from chatinterface import history
from chatinterface.interface import ChatInterface
from chatinterface.models import Message
from chatinterface.views.guard import page


@page
def message(request: HttpRequest, interface: ChatInterface, uuid: UUID, message: int) -> HttpResponse:
    """The text of a message, as Markdown."""
    found = history.find(history.visitor(request), uuid, interface.name)
    return _text(interface, found.messages.get(pk=message, active=True).text)


@page
def conversation(request: HttpRequest, interface: ChatInterface, uuid: UUID) -> HttpResponse:
    """The shown path of a conversation as Markdown: who said it, and what. As Gradio's, with names for roles."""
    found = history.find(history.visitor(request), uuid, interface.name)
    path = found.messages.filter(active=True).order_by("pk").only("role", "user_name", "parts")
    return _text(interface, "\n\n".join(_said(each) for each in path.iterator() if each.text))


def _said(message: Message) -> str:
    return f"{message.user_name or message.get_role_display()}: {message.text}"


def _text(interface: ChatInterface, text: str) -> HttpResponse:
    marked = f"{text}\n\n{interface.watermark}" if interface.watermark else text
    return HttpResponse(marked, content_type="text/plain; charset=utf-8", headers={"X-Content-Type-Options": "nosniff"})
