"""What a visitor does with a conversation in the list: rename, pin, archive, delete, and bring in a file of one."""

from __future__ import annotations

from uuid import UUID

from asgiref.sync import async_to_sync
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django_htmx.http import HttpResponseClientRedirect

from chatinterface import adoption, events, limits, panel, transcripts
from chatinterface.actions.guard import action, refusal
from chatinterface.history import keep_session, open_session, visitor
from chatinterface.interface import ChatInterface
from chatinterface.models import Conversation


@action
def rename(request: HttpRequest, interface: ChatInterface, uuid: UUID) -> HttpResponse:
    """Give a conversation a title."""
    return _done(panel.rename(visitor(request), interface.name, uuid, request.POST.get("title", "")))


@action
def pin(request: HttpRequest, interface: ChatInterface, uuid: UUID) -> HttpResponse:
    """Put a conversation at the head of the list, or with ``off`` back among the others."""
    return _done(panel.pin(visitor(request), interface.name, uuid, pinned="off" not in request.POST))


@action
def archive(request: HttpRequest, interface: ChatInterface, uuid: UUID) -> HttpResponse:
    """Take a conversation out of the list, or with ``off`` back into it."""
    return _done(panel.archive(visitor(request), interface.name, uuid, archived="off" not in request.POST))


@action
def see(request: HttpRequest, interface: ChatInterface, uuid: UUID) -> HttpResponse:
    """The visitor has seen how the last reply ended."""
    return _done(panel.see(visitor(request), interface.name, uuid))


@action
def delete(request: HttpRequest, interface: ChatInterface, uuid: UUID) -> HttpResponse:
    """Delete a conversation, which can be undone for a while. Its open pages are closed."""
    conversation = panel.delete(visitor(request), interface.name, uuid)
    async_to_sync(events.recheck)(uuid)
    return _done(conversation)


@action
def restore(request: HttpRequest, interface: ChatInterface, uuid: UUID) -> HttpResponse:
    """Undo a deletion."""
    return _done(panel.restore(visitor(request), interface.name, uuid))


@action
def bring(request: HttpRequest, interface: ChatInterface) -> HttpResponse:
    """Make a conversation of an exported file, and lead to it. For the chat's rate limit it is one message."""
    if not interface.save_history:
        raise Http404
    file = request.FILES.get("file")
    if file is None:
        return refusal(request, [_("Choose a file first.")])
    data = transcripts.parse(file.read(transcripts.LARGEST + 1))
    made, owner = open_session(request), ""
    try:
        who = visitor(request)
        limits.count(interface, who)
        conversation = transcripts.from_json(data, interface.name, who)
        owner = conversation.session_key
    finally:
        # A file that is refused leaves nothing.
        if made:
            keep_session(request, owner, proven=False)
    if owner:
        adoption.mark(request.session)
    _tell(conversation)
    return HttpResponseClientRedirect(reverse("chatinterface:conversation", args=[interface.name, conversation.uuid]))


def _done(conversation: Conversation) -> HttpResponse:
    _tell(conversation)
    return HttpResponse(status=204)


def _tell(conversation: Conversation) -> None:
    group = events.history_group(conversation.user_id, conversation.session_key, conversation.interface)
    async_to_sync(events.list_changed)(group, conversation.uuid, gone=conversation.deleted_at is not None)
