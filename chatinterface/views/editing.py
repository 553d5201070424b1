"""The form in which a message is edited where it stands."""

from __future__ import annotations

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from chatinterface import history
from chatinterface.conversations import written
from chatinterface.forms import EditForm
from chatinterface.interface import ChatInterface
from chatinterface.versions import offered
from chatinterface.views.guard import page


@page
def editor(request: HttpRequest, interface: ChatInterface, uuid: UUID, message: int) -> HttpResponse:
    """The form with the text of a message, as it was written."""
    conversation = history.find(history.visitor(request), uuid, interface.name)
    found = conversation.messages.get(pk=message, active=True)
    if not offered(interface, found).edit:
        raise Http404
    form = EditForm(initial={"message": written(found)}, auto_id=f"edit-{message}-%s")
    context = {"interface": interface, "conversation": conversation, "message": found, "form": form}
    return render(request, "chatinterface/message_edit.html", context)
