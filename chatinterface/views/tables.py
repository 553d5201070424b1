"""The rows of a table that a callback has shown: a page of them as a fragment, or all of them as a file."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import islice
from pathlib import Path
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext

from chatinterface import history, opening, streaming
from chatinterface.content.cells import spreadsheet
from chatinterface.content.tables import sheet
from chatinterface.content.tables.shown import question, shown
from chatinterface.interface import ChatInterface
from chatinterface.models import Attachment, Message
from chatinterface.views.guard import page

# Rows of a file that are made at once.
ROWS = 500


@page
def rows(request: HttpRequest, interface: ChatInterface, uuid: UUID, file: UUID) -> HttpResponse:
    """The rows that are asked for: ``?q=<text>&sort=<number of a column>&dir=desc&page=<number>``."""
    url = reverse("chatinterface:rows", args=[interface.name, uuid, file])
    with _opened(_source(_attachment(request, interface, uuid, file))) as opened:
        try:
            found = opened.page(question(request.GET.dict()))
        except sheet.TooSlow:
            return HttpResponse(gettext("This took too long."), status=503, content_type="text/plain")
        context = {"table": shown(opened.description, found, url, file.hex)}
    return render(request, "chatinterface/parts/table_page.html", context)


@page
def download(request: HttpRequest, interface: ChatInterface, uuid: UUID, file: UUID) -> StreamingHttpResponse:
    """All rows as CSV, in which nothing is a formula."""
    source = _source(_attachment(request, interface, uuid, file))
    with _opened(source):
        pieces = _csv(source)
    return streaming.download(request, pieces, content_type="text/csv; charset=utf-8", name="table.csv")


def _csv(source: Path | bytes) -> Iterator[str]:
    with sheet.opened(source) as opened:
        # Without the mark spreadsheets read it in an encoding of their own.
        yield "\ufeff" + spreadsheet([[column.name for column in opened.description.columns]])
        rows = opened.rows()
        while piece := list(islice(rows, ROWS)):
            yield spreadsheet(piece)


def _attachment(request: HttpRequest, interface: ChatInterface, uuid: UUID, file: UUID) -> Attachment:
    """The visitor's file. Raises Attachment.DoesNotExist, also for one that a callback has not made."""
    attachment = opening.attachment(interface, file)
    if attachment is not None:
        return attachment
    conversation = history.find(history.visitor(request), uuid, interface.name)
    return conversation.attachments.get(uuid=file, message__role=Message.Role.ASSISTANT)


@contextmanager
def _opened(source: Path | bytes) -> Iterator[sheet.Sheet]:
    """The table. Raises Http404 where it is none."""
    try:
        with sheet.opened(source) as opened:
            yield opened
    except sheet.NoTable:
        raise Http404 from None


def _source(attachment: Attachment) -> Path | bytes:
    """Where the file is on this machine, or its bytes where it lies elsewhere. Raises Http404 where it is gone."""
    with suppress(NotImplementedError):
        # A storage in memory has a path, too.
        if (path := Path(attachment.file.path)).exists():
            return path
    try:
        with attachment.file.open("rb") as opened:
            data: bytes = opened.read()
    except FileNotFoundError:
        raise Http404 from None
    return data
