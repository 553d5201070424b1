"""Which chat a request is for, and whether its visitor may use it: the one way in for pages and actions."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import resolve_url
from django_htmx.middleware import HtmxDetails

from chatinterface import registry
from chatinterface.declarations.access import Access
from chatinterface.interface import ChatInterface


class LoginRequired(Exception):
    """The visitor has to log in first."""


def admitted(request: HttpRequest, name: str) -> ChatInterface:
    """The chat of that name, for a visitor who may use it. Raises Http404, LoginRequired or PermissionDenied."""
    interface = registry.find(name)
    if interface is None:
        raise Http404(_unknown(name) if settings.DEBUG else "")
    access = interface.access(request)
    if access is Access.LOGIN:
        raise LoginRequired
    if access is Access.DENIED:
        raise PermissionDenied
    return interface


def _unknown(name: str) -> str:
    known = ", ".join(map(repr, sorted(registry.registered()))) or "none, as no app in INSTALLED_APPS has a chats.py"
    return f"There is no chat {name!r}. Registered are: {known}."


def login_response(request: HttpRequest) -> HttpResponse:
    """The way to the login page, and back to where the visitor is."""
    htmx: HtmxDetails = request.htmx  # type: ignore[attr-defined]
    if not htmx:
        return redirect_to_login(request.get_full_path())
    login = redirect_to_login(htmx.current_url_abs_path or "/", resolve_url(settings.LOGIN_URL))
    return HttpResponse(status=401, headers={"HX-Redirect": login.url})
