"""The list of a visitor's conversations, in pages and by search, and a conversation as a file."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.text import slugify

from chatinterface import panel, search, transcripts
from chatinterface.history import Visitor, find, visitor
from chatinterface.interface import ChatInterface
from chatinterface.listing import listed
from chatinterface.views.guard import page, page_id

MEDIA_TYPES = {"markdown": ("md", "text/markdown; charset=utf-8"), "json": ("json", "application/json")}


@page
def index(request: HttpRequest, interface: ChatInterface) -> HttpResponse:
    """The list as a fragment: its beginning, or a page of it (``?after=``), of the archive (``?archived=1``), or of
    what a search finds (``?q=``, from ``?before=``).
    """
    who = _shown_to(request, interface)
    if text := request.GET.get("q", "").strip():
        return _answer(request, interface, _found(request, interface, who, text))
    try:
        after = panel.Place.parse(request.GET["after"]) if request.GET.get("after") else None
    except ValueError:
        raise Http404 from None
    if request.GET.get("archived"):
        found = panel.archived(who, interface.name, after)
        context = {**_rows(found, archived="1"), "archive": True}
    elif after is None:
        context = beginning(who, interface)
    else:
        context = _rows(panel.recent(who, interface.name, after))
    return _answer(request, interface, {**context, "continued": after is not None})


@page
def row(request: HttpRequest, interface: ChatInterface, uuid: UUID) -> HttpResponse:
    """One conversation of the list as a fragment."""
    (row,) = listed([panel.entry(_shown_to(request, interface), interface.name, uuid)])
    return render(request, "chatinterface/history_item.html", {"interface": interface, "row": row})


@page
def export(request: HttpRequest, interface: ChatInterface, uuid: UUID, format: str) -> HttpResponse:
    """A conversation as a file to be kept."""
    conversation = find(visitor(request), uuid, interface.name)
    suffix, media_type = MEDIA_TYPES[format]
    if format == "json":
        content = json.dumps(transcripts.to_json(conversation), ensure_ascii=False, indent=1)
    else:
        content = transcripts.to_markdown(conversation)
    name = f"{slugify(conversation.title)[:60] or 'conversation'}.{suffix}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "X-Content-Type-Options": "nosniff"}
    return HttpResponse(content.encode(errors="replace"), content_type=media_type, headers=headers)


def beginning(who: Visitor, interface: ChatInterface) -> dict[str, Any]:
    """What a page with the list shows of it."""
    recent = panel.recent(who, interface.name)
    return {"pinned": listed(panel.pinned(who, interface.name)), **_rows(recent)}


def _rows(found: panel.Page, **query: str) -> dict[str, Any]:
    more = urlencode({**query, "after": found.more}) if found.more is not None else ""
    return {"recent": listed(found.conversations), "more": more}


def _shown_to(request: HttpRequest, interface: ChatInterface) -> Visitor:
    """The visitor, of a chat that shows a list."""
    if not interface.save_history:
        raise Http404
    return visitor(request)


def _found(request: HttpRequest, interface: ChatInterface, who: Visitor, text: str) -> dict[str, Any]:
    before = page_id(request, "before")
    found = search.search(who, interface.name, text, before)
    hits = {hit.conversation.pk: hit for hit in found.hits}
    rows = listed([hit.conversation for hit in found.hits])
    for each in rows:
        each.snippet = hits[each.conversation.pk].snippet
        each.in_title = hits[each.conversation.pk].in_title
    return {
        "recent": rows,
        "more": urlencode({"q": text, "before": found.more}) if found.more is not None else "",
        "continued": before is not None,
        "found": text,
    }


def _answer(request: HttpRequest, interface: ChatInterface, context: dict[str, Any]) -> HttpResponse:
    return render(request, "chatinterface/history_list.html", {"interface": interface, **context})
