"""What a callback has made to be shown in a frame or as a drawing, where nothing in it can reach the site."""

from __future__ import annotations

import gzip
import re
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_safe

from chatinterface import history, opening
from chatinterface.content.components.plots import PLOTLY
from chatinterface.interface import ChatInterface
from chatinterface.models import Attachment, Message
from chatinterface.views.guard import page

HTML, DRAWING = "text/html", "image/svg+xml"

DRAWING_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:; sandbox"

# What a document may load from where. It has an origin of its own, without cookies, storage or a way out: scripts may
# do in it what they like, and talk to nobody but the hosts that the chat names.
POLICY = (
    "sandbox allow-scripts; default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval' blob: {own} {hosts}; "
    "style-src 'unsafe-inline' {hosts}; img-src data: blob: {hosts}; font-src data: {hosts}; connect-src data: blob: "
    "{hosts}; worker-src blob:; frame-ancestors 'self'; base-uri 'none'; form-action 'none'"
)

# How a fragment looks that has no head to say so.
STYLE = "<style>body { margin: 12px; font: 15px/1.5 system-ui, sans-serif; } th, td { padding: 4px 8px; }</style>"

HEAD = re.compile(r"<head(?:\s[^>]*)?>", re.IGNORECASE)
# Characters at the beginning of a document, within which its head begins.
BEGINNING = 2000


@xframe_options_sameorigin
@page
def document(request: HttpRequest, interface: ChatInterface, uuid: UUID, file: UUID) -> HttpResponse:
    """A document or a drawing that a callback has made; what visitors have uploaded is never shown like this."""
    attachment = opening.attachment(interface, file)
    if attachment is None:
        conversation = history.find(history.visitor(request), uuid, interface.name)
        attachment = conversation.attachments.get(uuid=file, message__role=Message.Role.ASSISTANT)
    return served(request, interface, attachment)


def served(request: HttpRequest, interface: ChatInterface, attachment: Attachment) -> HttpResponse:
    """A document or a drawing, to who may have it. Raises Http404 where it is none."""
    if attachment.content_type not in (HTML, DRAWING):
        raise Http404
    try:
        with attachment.file.open("rb") as opened:
            data = opened.read()
    except FileNotFoundError:
        raise Http404 from None
    if attachment.content_type == DRAWING:
        response = HttpResponse(data, content_type=DRAWING)
        response["Content-Security-Policy"] = DRAWING_POLICY
    else:
        response = _framed(request, interface, data.decode("utf-8", "replace"))
    response["X-Content-Type-Options"] = "nosniff"
    response["Referrer-Policy"] = "no-referrer"
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    return response


def _framed(request: HttpRequest, interface: ChatInterface, html: str) -> HttpResponse:
    library = request.build_absolute_uri(reverse("chatinterface:library", args=["plotly", _version()]))
    response = HttpResponse(prepared(html.replace(PLOTLY, library)))
    hosts = " ".join(interface.frame_sources)
    response["Content-Security-Policy"] = POLICY.format(own=library if PLOTLY in html else "", hosts=hosts)
    return response


def prepared(html: str) -> str:
    """A document that tells the page how high it is, before it does anything else."""
    beginning = render_to_string("chatinterface/frame_head.html").strip()
    head = HEAD.search(html, 0, BEGINNING)
    if head is not None:
        return f"{html[: head.end()]}{beginning}{html[head.end() :]}"
    return f'<!doctype html><html><head><meta charset="utf-8">{beginning}{STYLE}</head><body>{html}</body></html>'


@require_safe
def library(request: HttpRequest, name: str, version: str) -> HttpResponseBase:
    """The script of a library that documents need, from the package that is installed.

    It is the same for everybody, and asked for without cookies: a document in a frame has none.
    """
    if name != "plotly" or version != _version() or not version:
        raise Http404
    whole, packed = _plotly()
    accepted = "gzip" in request.headers.get("Accept-Encoding", "")
    response = HttpResponse(packed if accepted else whole, content_type="text/javascript; charset=utf-8")
    response["Content-Encoding"] = "gzip" if accepted else "identity"
    response["Cache-Control"] = "public, max-age=31536000, immutable"
    response["Cross-Origin-Resource-Policy"] = "cross-origin"
    response["X-Content-Type-Options"] = "nosniff"
    patch_vary_headers(response, ["Accept-Encoding"])
    return response


@cache
def _version() -> str:
    return str(import_module("plotly").__version__) if find_spec("plotly") else "none"


@cache
def _plotly() -> tuple[bytes, bytes]:
    if not find_spec("plotly"):
        raise Http404
    whole: bytes = import_module("plotly.offline").get_plotlyjs().encode()
    return whole, gzip.compress(whole, 6)
