"""Answering a question that a reply asks."""

from __future__ import annotations

from uuid import UUID

from asgiref.sync import async_to_sync
from django.http import Http404, HttpRequest, HttpResponse

from chatinterface import events, files, history, prompts
from chatinterface.actions.guard import action
from chatinterface.content.markdown import normalise
from chatinterface.exceptions import FileTooLarge, TooLong, TooManyFiles
from chatinterface.history import Visitor
from chatinterface.interface import ChatInterface
from chatinterface.models import Attachment, Conversation, Prompt
from chatinterface.replies import interrupt_lost
from chatinterface.uploads import require_room

# Characters that an answer may have in all.
LONGEST = 200_000


@action
def answer(request: HttpRequest, interface: ChatInterface, uuid: UUID, prompt: UUID) -> HttpResponse:
    """Hand an answer to the run that asks, wherever it is. Whether it will do is said there, to all tabs."""
    who = history.visitor(request)
    conversation = history.find(who, uuid, interface.name)
    interrupt_lost(conversation)
    try:
        asked = prompts.require_asked(conversation, prompt)
    except Prompt.DoesNotExist:
        raise Http404 from None
    if asked.status == Prompt.Status.OPEN:
        _require_within(interface, who, conversation, request)
        for message in _answer(request, conversation, asked) or []:
            async_to_sync(events.tell)(message, str(prompt), None)
    return HttpResponse(status=204)


def _answer(request: HttpRequest, conversation: Conversation, asked: Prompt) -> list[int] | None:
    """Hand what was posted to the run; its files are kept only where that is the answer."""
    attachments: list[Attachment] = []
    told = None
    try:
        kept: dict[str, list[str]] = {}
        for name, uploads in request.FILES.lists():
            for upload in uploads:
                claimed = upload.content_type or ""
                attachments.append(files.keep(conversation, upload, name=upload.name or "", content_type=claimed))
                kept.setdefault(normalise(name), []).append(attachments[-1].uuid.hex)
        told = prompts.answer(asked, {"data": _said(request), "files": kept})
    finally:
        if told is None:
            for attachment in attachments:
                attachment.delete()
    return told


def _said(request: HttpRequest) -> dict[str, list[str]]:
    return {
        normalise(name): [normalise(value) for value in values]
        for name, values in request.POST.lists()
        if name != "csrfmiddlewaretoken"
    }


def _require_within(interface: ChatInterface, who: Visitor, conversation: Conversation, request: HttpRequest) -> None:
    """Refuse what is too much. Of which types the files may be is for the form to say that is asked."""
    if sum(len(value) for values in _said(request).values() for value in values) > LONGEST:
        raise TooLong
    sizes = [upload.size or 0 for _name, uploads in request.FILES.lists() for upload in uploads]
    limits = interface.limits
    if limits.max_bytes is not None and any(size > limits.max_bytes for size in sizes):
        raise FileTooLarge(limits.max_bytes)
    if limits.max_files is not None and len(sizes) > limits.max_files:
        raise TooManyFiles(limits.max_files)
    if sizes:
        require_room(who, conversation.uuid, sum(sizes))
