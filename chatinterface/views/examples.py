"""The files of examples, which everybody may see who may use the chat."""

from __future__ import annotations

from functools import partial

from django.http import Http404, HttpRequest, HttpResponseBase, StreamingHttpResponse
from django.utils.http import content_disposition_header

from chatinterface.content import media
from chatinterface.files import CHUNK
from chatinterface.interface import ChatInterface
from chatinterface.streaming import streamed
from chatinterface.views.guard import readable

POLICY = "default-src 'none'; sandbox"


@readable
def file(request: HttpRequest, interface: ChatInterface, index: int, number: int, filename: str) -> HttpResponseBase:
    """A file of an example: to be shown where that runs nothing, else to be saved."""
    paths = {(each.index, place): path for each in interface.shown_examples for place, path in enumerate(each.files)}
    path = paths.get((index, number))
    if path is None or not path.is_file():
        raise Http404
    with path.open("rb") as opened:
        kind = media.content_type(opened.read(media.HEAD), path.name, "")
    shown = kind in media.SAFE
    opened = path.open("rb")
    response = StreamingHttpResponse(streamed(request, iter(partial(opened.read, CHUNK), b"")))
    response._resource_closers.append(opened.close)  # type: ignore[attr-defined]
    response["Content-Length"] = str(path.stat().st_size)
    response["Content-Type"] = kind if shown else media.UNKNOWN
    disposition = content_disposition_header(as_attachment=not shown, filename=path.name)
    response["Content-Disposition"] = disposition or "attachment"
    response["Content-Security-Policy"] = POLICY
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, max-age=3600"
    return response
