"""The code that a chat has the page run: each a module of its own, at an address that changes with it."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse

from chatinterface.interface import ChatInterface
from chatinterface.views.guard import readable


@readable
def button(request: HttpRequest, interface: ChatInterface, button: str, version: str) -> HttpResponse:
    """What a click on a button runs, for who may use the chat."""
    try:
        declared = interface.pressable(button)
    except KeyError:
        raise Http404 from None
    if not declared.script or declared.digest != version:
        raise Http404
    response = HttpResponse(declared.script, content_type="text/javascript; charset=utf-8")
    response["Cache-Control"] = "private, max-age=31536000, immutable"
    response["X-Content-Type-Options"] = "nosniff"
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    return response
