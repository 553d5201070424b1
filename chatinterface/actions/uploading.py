"""Attaching: a file is uploaded in pieces while its message is written, or taken back."""

from __future__ import annotations

from urllib.parse import unquote
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse, UnreadablePostError

from chatinterface import history, uploads
from chatinterface.actions.guard import action
from chatinterface.exceptions import OutOfStep
from chatinterface.interface import ChatInterface
from chatinterface.models import Conversation

# More digits than the size of any file has.
LONGEST_NUMBER = 18


@action
def upload(request: HttpRequest, interface: ChatInterface, uuid: UUID, file: UUID) -> HttpResponse:
    """Take a piece of a file: the body, of which the headers ``Upload-Offset``, ``Upload-Length`` (of the whole),
    ``Upload-Name``, ``Upload-Input`` (both percent-encoded) and ``Upload-Type`` say what it is.

    Answers how much has arrived; 409 with the same where another piece is waited for.
    """
    who = _admitted(request, interface, uuid)
    name = unquote(request.headers.get("Upload-Input", ""))
    limits = interface.limits_of(name)
    if limits is None:
        raise Http404
    piece = uploads.Piece(
        body=request,
        offset=_number(request, "Upload-Offset"),
        size=_number(request, "Upload-Length"),
        name=unquote(request.headers.get("Upload-Name", "")),
        content_type=request.headers.get("Upload-Type", ""),
        input=name,
    )
    try:
        received = uploads.receive(interface, limits, who, uuid, file, piece)
    except OutOfStep as error:
        return JsonResponse({"received": error.received}, status=409)
    except UnreadablePostError:  # Who sends it has gone.
        return HttpResponse(status=400)
    return JsonResponse({"received": received.received, "type": received.content_type if received.complete else ""})


@action
def remove(request: HttpRequest, interface: ChatInterface, uuid: UUID, file: UUID) -> HttpResponse:
    """Take a file back that was attached and not sent."""
    _admitted(request, interface, uuid)
    uploads.remove(uuid, file)
    return HttpResponse(status=204)


def _admitted(request: HttpRequest, interface: ChatInterface, place: UUID) -> history.Visitor:
    """Who attaches, where that is their conversation, or the one that their page is to begin."""
    who = history.visitor(request)
    granted = history.granted(request.headers.get("Upload-Token", ""), who) == (place, interface.name)
    who = history.visitor(request, granted=place if granted else None)
    if not interface.takes_files or not uploads.is_open(interface, who, place, granted=granted):
        raise Conversation.DoesNotExist
    # Now, and not with the first message: that is in the log, with its pictures, before its answer brings the cookie.
    return history.visitor(request, granted=who.granted) if granted and history.open_session(request) else who


def _number(request: HttpRequest, header: str) -> int:
    value = request.headers.get(header, "")
    if not (value.isascii() and value.isdecimal() and len(value) <= LONGEST_NUMBER):
        raise Http404
    return int(value)
