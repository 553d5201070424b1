"""Whether a websocket may be opened, and what it may read. A refusal says why."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from io import BytesIO
from typing import Any, cast
from uuid import UUID

from django.conf import settings
from django.contrib.auth import get_user
from django.contrib.sessions.backends.base import SessionBase
from django.core.exceptions import PermissionDenied
from django.core.handlers.asgi import ASGIRequest
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.middleware.csrf import CsrfViewMiddleware
from django.utils import translation
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext as _

from chatinterface import events, history, registry
from chatinterface.gate import LoginRequired, admitted
from chatinterface.models import Conversation

Scope = Mapping[str, Any]

BAD_FRAME = 4400
LOG_IN = 4401
MOVED = 4409
FORBIDDEN = 4403
NOT_FOUND = 4404
TOO_SLOW = 4408
AWAY = 4503

# The digits of the greatest revision that a database holds.
LONGEST_REVISION = 10


class Refused(Exception):
    """The socket is closed with ``code``, after the sentence was sent."""

    def __init__(self, code: int, detail: str) -> None:
        super().__init__(code, detail)
        self.code = code
        self.detail = detail


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """What a socket may read: the log's revision by the database and as the page shows it; and its visitor's list."""

    revision: int
    shown: int
    # The group of the list, where the chat shows one and the visitor has one.
    listed: str = ""


def check_origin(scope: Scope) -> None:
    """Refuse a page of another site, by the rule that Django has for its forms: this host, or a CSRF_TRUSTED_ORIGINS.

    ALLOWED_HOSTS is no measure here: with "*" in it, any page on the web could read its visitors' conversations.
    """
    request = SocketRequest(scope)
    for header in ("HTTP_ORIGIN", "HTTP_HOST"):
        request.META[header] = request.META.get(header, "").lower()
    with language_of(request):
        if not CsrfViewMiddleware(_no_response)._origin_verified(request):  # type: ignore[attr-defined]
            raise Refused(FORBIDDEN, _("This page is not of the same site as its chat."))


def authorise(scope: Scope, uuid: UUID, *, again: bool = False) -> Grant:
    """Let the socket's visitor read a conversation, or one that is to be. Raises Refused. It asks the database.

    ``again`` is for a socket that is open already, so that the age of its page's token does not matter.
    """
    request = SocketRequest(scope)
    with language_of(request):
        return _authorise(request, uuid, again=again)


def claimed_session(scope: Scope) -> str:
    """The key of the session that the visitor claims to have, which nobody has looked at; "" for none."""
    return SocketRequest(scope).session.session_key or ""


def _authorise(request: SocketRequest, uuid: UUID, *, again: bool) -> Grant:
    # By the name that the page claims, before anything is looked up: who has to log in is told so, whether there is
    # such a conversation or not.
    claimed = request.GET.get("chat", "")
    if claimed:
        _admit(request, claimed)
    max_age = None if again else history.TOKEN_AGE
    granted = history.granted(request.GET.get("token", ""), history.visitor(request), max_age)
    promised = granted[1] if granted and granted[0] == uuid and claimed in {"", granted[1]} else ""
    who = history.visitor(request, granted=uuid if promised else None, connected=again)
    conversation = _find(who, uuid, claimed or None, may_be_new=bool(promised))
    name = conversation.interface if conversation is not None else promised
    if name != claimed:
        _admit(request, name)
    interface = registry.find(name)
    panel = interface is not None and interface.save_history and (who.user_id is not None or who.session_key)
    shown = request.GET.get("revision", "")
    return Grant(
        revision=conversation.revision if conversation is not None else 0,
        shown=int(shown) if shown.isdecimal() and len(shown) <= LONGEST_REVISION else 0,
        listed=events.history_group(who.user_id, who.session_key, name) if panel else "",
    )


def _find(who: history.Visitor, uuid: UUID, name: str | None, *, may_be_new: bool) -> Conversation | None:
    try:
        return history.find(who, uuid, name)
    except Conversation.DoesNotExist:
        if may_be_new and not Conversation.objects.filter(uuid=uuid).exists():
            return None
    # Somebody else's; or the visitor's own, which their first message made just now.
    try:
        return history.find(who, uuid, name)
    except Conversation.DoesNotExist:
        raise Refused(NOT_FOUND, _("There is no such conversation.")) from None


def _admit(request: HttpRequest, name: str) -> None:
    try:
        admitted(request, name)
    except Http404:
        raise Refused(NOT_FOUND, _("There is no such chat.")) from None
    except LoginRequired:
        raise Refused(LOG_IN, _("Log in to read this conversation.")) from None
    except PermissionDenied:
        raise Refused(FORBIDDEN, _("You may not use this chat.")) from None


class SocketRequest(ASGIRequest):
    """What a chat's ``has_permission()`` gets for a socket: the user, the session, cookies and headers, as for a
    page; with what was ``posted`` by it, if anything was.
    """

    def __init__(self, scope: Scope, posted: Mapping[str, str] | None = None) -> None:
        scheme = "https" if scope.get("scheme") in {"wss", "https"} else "http"
        # Bytes would have to be UTF-8, or raise.
        query = scope.get("query_string", b"").decode("latin-1")
        method = "GET" if posted is None else "POST"
        super().__init__({**scope, "method": method, "scheme": scheme, "query_string": query}, BytesIO())
        if posted is not None:
            fields = QueryDict(mutable=True)
            fields.update(posted)
            self.POST = cast(Any, fields)
        # Django 5.2 joins what HTTP/2 splits by a comma.
        cookies = (value.decode("latin-1") for name, value in scope.get("headers", ()) if name == b"cookie")
        self.META["HTTP_COOKIE"] = "; ".join(cookies)
        self.session = _store()(self.COOKIES.get(settings.SESSION_COOKIE_NAME))
        self.user = cast(Any, SimpleLazyObject(lambda: get_user(self)))


@cache
def _store() -> type[SessionBase]:
    """The site's sessions, but for a key that stays: by a socket nobody can be told of another."""
    store: type[SessionBase] = import_module(settings.SESSION_ENGINE).SessionStore
    return type(store.__name__, (store,), {"cycle_key": lambda self: None})


def language_of(request: HttpRequest) -> AbstractContextManager[None]:
    """The language that a page of the site has for this visitor."""
    chosen = "django.middleware.locale.LocaleMiddleware" in settings.MIDDLEWARE
    return translation.override(translation.get_language_from_request(request) if chosen else settings.LANGUAGE_CODE)


def _no_response(request: HttpRequest) -> HttpResponse:
    return HttpResponse()
