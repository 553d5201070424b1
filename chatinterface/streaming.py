"""An answer that is made while it is sent, under WSGI and ASGI alike."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Iterator
from functools import partial
from typing import TypeVar

from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest, StreamingHttpResponse
from django.utils.http import content_disposition_header

T = TypeVar("T", str, bytes)


def download(request: HttpRequest, pieces: Iterable[str], *, content_type: str, name: str) -> StreamingHttpResponse:
    """A file to be saved, of which one piece is in memory at a time."""
    # What reads the database has a connection, which belongs to its thread.
    content = streamed(request, iter(pieces), one_thread=True)
    response = StreamingHttpResponse(content, content_type=content_type)
    response["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=name) or "attachment"
    response["X-Content-Type-Options"] = "nosniff"
    return response


def streamed(request: HttpRequest, pieces: Iterator[T], *, one_thread: bool = False) -> Iterator[T] | AsyncIterator[T]:
    """The pieces, as a response needs them in order to send each when it is made.

    Under ASGI Django would read all of a synchronous iterator before it sends any of it: there, threads do the reading,
    or only the request's own with ``one_thread``.
    """
    return _in_threads(pieces, one_thread=one_thread) if isinstance(request, ASGIRequest) else pieces


async def _in_threads(pieces: Iterator[T], *, one_thread: bool) -> AsyncIterator[T]:
    following = sync_to_async(partial(next, pieces, None), thread_sensitive=one_thread)
    while (piece := await following()) is not None:
        yield piece
