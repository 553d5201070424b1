"""The files of a conversation, served to whom it belongs: whole or in part, and never as a page of the site."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

from django.core.files import File
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils.cache import get_conditional_response
from django.utils.http import content_disposition_header
from django.views.decorators.clickjacking import xframe_options_sameorigin

from chatinterface import history, opening, ranges
from chatinterface.content import media
from chatinterface.files import CHUNK
from chatinterface.interface import ChatInterface
from chatinterface.models import Attachment
from chatinterface.streaming import streamed
from chatinterface.views.guard import readable

# Bytes of sound or film that are sent at a time: a player asks for more when it needs it.
STRETCH = 4 * 1024 * 1024

POLICY = "default-src 'none'; sandbox"
# The viewers of browsers do not open a document in a sandbox; what scripts it has run in the viewer, without an origin.
PDF_POLICY = "default-src 'none'; style-src 'unsafe-inline'; object-src 'self'; frame-ancestors 'self'"


@xframe_options_sameorigin
@readable
def file(request: HttpRequest, interface: ChatInterface, uuid: UUID, file: UUID) -> HttpResponseBase:
    """A file: to be shown where that runs nothing, else to be saved; or the range of it that is asked for."""
    found = opening.attachment(interface, file)
    if found is None:
        conversation = history.find(history.visitor(request), uuid, interface.name)
        found = conversation.attachments.get(uuid=file)
    return served(request, found)


def served(request: HttpRequest, attachment: Attachment) -> HttpResponseBase:
    """A file, to who may have it."""
    etag = f'"{attachment.sha256}"' if attachment.sha256 else None
    return _headed(_answer(request, attachment, etag), attachment, etag)


def _answer(request: HttpRequest, attachment: Attachment, etag: str | None) -> HttpResponseBase:
    unchanged = get_conditional_response(request, etag=etag)
    if unchanged is not None:
        return unchanged
    whole = range(attachment.size)
    try:
        part = ranges.parse(_range_header(request, etag), attachment.size)
    except ranges.Unsatisfiable:
        return HttpResponse(status=416, headers={"Content-Range": f"bytes */{attachment.size}"})
    if part is None:
        return _streamed(request, attachment, whole)
    if attachment.content_type in media.AUDIO | media.VIDEO:
        part = part[:STRETCH]
    response = _streamed(request, attachment, part, status=206)
    response["Content-Range"] = f"bytes {part.start}-{part.stop - 1}/{attachment.size}"
    return response


def _range_header(request: HttpRequest, etag: str | None) -> str:
    """The range that is asked for; none where the client has a part of something else."""
    condition = request.headers.get("If-Range")
    return "" if condition is not None and condition != etag else request.headers.get("Range", "")


def _streamed(request: HttpRequest, attachment: Attachment, part: range, status: int = 200) -> HttpResponseBase:
    if request.method == "HEAD":
        response: HttpResponseBase = HttpResponse(status=status)
    else:
        try:
            opened = attachment.file.open("rb")
        except FileNotFoundError:
            raise Http404 from None
        response = StreamingHttpResponse(streamed(request, _pieces(opened, part)), status=status)
        response._resource_closers.append(opened.close)  # type: ignore[attr-defined]
    response["Content-Length"] = str(len(part))
    # A middleware that compresses would make another file of it, of which the range is none.
    response["Content-Encoding"] = "identity"
    return response


def _headed(response: HttpResponseBase, attachment: Attachment, etag: str | None) -> HttpResponseBase:
    shown = attachment.content_type in media.SAFE
    kind = attachment.content_type if shown else media.UNKNOWN
    response["Content-Type"] = f"{kind}; charset=utf-8" if kind == media.TEXT else kind
    disposition = content_disposition_header(as_attachment=not shown, filename=attachment.name)
    response["Content-Disposition"] = disposition or "attachment"
    response["Content-Security-Policy"] = PDF_POLICY if kind == media.PDF else POLICY
    response["X-Content-Type-Options"] = "nosniff"
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    response["Accept-Ranges"] = "bytes"
    # The browser asks each time whether it may still show what it has.
    response["Cache-Control"] = "private, no-cache"
    if etag:
        response["ETag"] = etag
    return response


def _pieces(opened: File[bytes], part: range) -> Iterator[bytes]:
    opened.seek(part.start)
    left = len(part)
    while left and (piece := opened.read(min(CHUNK, left))):
        left -= len(piece)
        yield piece
