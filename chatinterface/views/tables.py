"""The rows of a table that a callback has shown: a page of them as a fragment, or all of them as a file."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext

from chatinterface import history, opening
from chatinterface.content.cells import harmless
from chatinterface.content.tables import sheet
from chatinterface.content.tables.shown import question, shown
from chatinterface.interface import ChatInterface
from chatinterface.models import Attachment, Message
from chatinterface.views.guard import page


@page
def rows(request: HttpRequest, interface: ChatInterface, uuid: UUID, file: UUID) -> HttpResponse:
    """The rows that are asked for: ``?q=<text>&sort=<number of a column>&dir=desc&page=<number>``."""
    url = reverse("chatinterface:rows", args=[interface.name, uuid, file])
    with _opened(request, interface, uuid, file) as opened:
        try:
            found = opened.page(question(request.GET.dict()))
        except sheet.TooSlow:
            return HttpResponse(gettext("This took too long."), status=503, content_type="text/plain")
        context = {"table": shown(opened.description, found, url, file.hex)}
    return render(request, "chatinterface/parts/table_page.html", context)


@page
def download(request: HttpRequest, interface: ChatInterface, uuid: UUID, file: UUID) -> HttpResponse:
    """All rows as CSV, in which nothing is a formula."""
    with _opened(request, interface, uuid, file) as opened:
        response = HttpResponse(content_type="text/csv; charset=utf-8")
        response.write("\ufeff")  # Otherwise spreadsheets read it in an encoding of their own.
        writer = csv.writer(response)
        writer.writerow(_cells(column.name for column in opened.description.columns))
        writer.writerows(_cells(row) for row in opened.rows())
    disposition = content_disposition_header(as_attachment=True, filename="table.csv")
    response["Content-Disposition"] = disposition or "attachment"
    response["X-Content-Type-Options"] = "nosniff"
    return response


def _cells(values: Iterable[object]) -> list[object]:
    """The cells of a row, of which a spreadsheet computes none."""
    return [harmless(value) if isinstance(value, str) else value for value in values]


@contextmanager
def _opened(request: HttpRequest, interface: ChatInterface, uuid: UUID, file: UUID) -> Iterator[sheet.Sheet]:
    """The visitor's table. Raises Http404, also for a file that a callback has not made one of."""
    attachment = opening.attachment(interface, file)
    if attachment is None:
        conversation = history.find(history.visitor(request), uuid, interface.name)
        attachment = conversation.attachments.get(uuid=file, message__role=Message.Role.ASSISTANT)
    try:
        with sheet.opened(_source(attachment)) as opened:
            yield opened
    except (sheet.NoTable, FileNotFoundError):
        raise Http404 from None


def _source(attachment: Attachment) -> Path | bytes:
    """Where the file is on this machine, or its bytes where it lies elsewhere."""
    with suppress(NotImplementedError):
        # A storage in memory has a path, too.
        if (path := Path(attachment.file.path)).exists():
            return path
    with attachment.file.open("rb") as opened:
        data: bytes = opened.read()
    return data
