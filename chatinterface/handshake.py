"""Whether a websocket may be opened, and what it may read. A refusal says why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any, cast
from uuid import UUID

from django.conf import settings
from django.contrib.auth import get_user
from django.http import HttpRequest, HttpResponse, QueryDict, parse_cookie
from django.middleware.csrf import CsrfViewMiddleware
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext as _

from chatinterface import history, registry
from chatinterface.interface import Access
from chatinterface.models import Conversation

Scope = Mapping[str, Any]

BAD_FRAME = 4400
LOG_IN = 4401
FORBIDDEN = 4403
NOT_FOUND = 4404
TOO_SLOW = 4408


class Refused(Exception):
    """The socket is closed with ``code``, after the sentence was sent."""

    def __init__(self, code: int, detail: str) -> None:
        super().__init__(code, detail)
        self.code = code
        self.detail = detail


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """What a socket may read: the log's revision by the database and as the page shows it."""

    revision: int
    shown: int


def check_origin(scope: Scope) -> None:
    """Refuse a page of another site, by the rule that Django has for its forms: this host, or a CSRF_TRUSTED_ORIGINS.

    ALLOWED_HOSTS is no measure here: with "*" in it, any page on the web could read its visitors' conversations.
    """
    request = SocketRequest(scope)
    for header in ("HTTP_ORIGIN", "HTTP_HOST"):
        request.META[header] = request.META.get(header, "").lower()
    if not CsrfViewMiddleware(_no_response)._origin_verified(request):  # type: ignore[attr-defined]
        raise Refused(FORBIDDEN, _("This page is not of the same site as its chat."))


def authorise(scope: Scope, uuid: UUID, *, again: bool = False) -> Grant:
    """Let the socket's visitor read a conversation, or one that is to be. Raises Refused. It asks the database.

    ``again`` is for a socket that is open already, so that the age of its page's token does not matter.
    """
    request = SocketRequest(scope)
    granted = history.granted(
        request.GET.get("token", ""), history.visitor(request), None if again else history.TOKEN_AGE
    )
    interface = granted[1] if granted and granted[0] == uuid else ""
    who = history.visitor(request, granted=uuid if interface else None, connected=again)
    conversation = _find(who, uuid, may_be_new=bool(interface))
    if conversation is not None:
        interface = conversation.interface
    _check_access(request, interface)
    shown = request.GET.get("revision", "")
    return Grant(
        revision=conversation.revision if conversation is not None else 0,
        shown=int(shown) if shown.isdecimal() and len(shown) < 12 else 0,
    )


def claimed_session(scope: Scope) -> str:
    """The key of the session that the visitor claims to have, which nobody has looked at; "" for none."""
    return SocketRequest(scope).session.session_key or ""


def _find(who: history.Visitor, uuid: UUID, *, may_be_new: bool) -> Conversation | None:
    try:
        return history.find(who, uuid)
    except Conversation.DoesNotExist:
        if may_be_new and not Conversation.objects.filter(uuid=uuid).exists():
            return None
    # Somebody else's; or the visitor's own, which their first message made just now.
    try:
        return history.find(who, uuid)
    except Conversation.DoesNotExist:
        raise Refused(NOT_FOUND, _("There is no such conversation.")) from None


def _check_access(request: HttpRequest, name: str) -> None:
    interface = registry.find(name)
    if interface is None:
        raise Refused(NOT_FOUND, _("There is no such chat."))
    access = interface.access(request)
    if access is Access.LOGIN:
        raise Refused(LOG_IN, _("Log in to read this conversation."))
    if access is Access.DENIED:
        raise Refused(FORBIDDEN, _("You may not use this chat."))


class SocketRequest(HttpRequest):
    """What a chat's ``has_permission()`` gets for a socket: the user, the session, cookies and headers, as for a
    page.
    """

    def __init__(self, scope: Scope) -> None:
        super().__init__()
        self.method = "GET"
        self.path = self.path_info = str(scope.get("path", ""))
        self._scheme = {"wss": "https", "https": "https"}.get(str(scope.get("scheme")), "http")
        for name, value in scope.get("headers", ()):
            self.META[f"HTTP_{name.decode('latin-1').upper().replace('-', '_')}"] = value.decode("latin-1")
        self.META["QUERY_STRING"] = scope.get("query_string", b"").decode("latin-1")
        self.GET = QueryDict(self.META["QUERY_STRING"])
        self.COOKIES = parse_cookie(self.META.get("HTTP_COOKIE", ""))
        store = import_module(settings.SESSION_ENGINE).SessionStore
        self.session = store(self.COOKIES.get(settings.SESSION_COOKIE_NAME))
        self.user = cast(Any, SimpleLazyObject(lambda: get_user(self)))

    def _get_scheme(self) -> str:
        return self._scheme


def _no_response(request: HttpRequest) -> HttpResponse:
    return HttpResponse()
