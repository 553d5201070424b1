from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.contrib.auth.models import AnonymousUser, User
from django.contrib.sessions.backends.db import SessionStore
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.test import Client
from django.utils.translation import get_language

import chatinterface as chat
from chatinterface import handshake, history
from chatinterface.handshake import FORBIDDEN, LOG_IN, NOT_FOUND, Refused, SocketRequest, authorise, check_origin
from chatinterface.models import Conversation

HEADERS = {"host": "testserver", "origin": "http://testserver"}


def scope(*headers: tuple[str, str], query: bytes = b"", **fields: Any) -> dict[str, Any]:
    sent = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in (*HEADERS.items(), *headers)]
    return {
        "type": "websocket",
        "path": "/ws/chatinterface/x/",
        "scheme": "ws",
        "headers": sent,
        "query_string": query,
        **fields,
    }


@contextmanager
def refusing(code: int) -> Iterator[None]:
    with pytest.raises(Refused) as refused:
        yield
    assert refused.value.code == code


def asked(name: str, client: Client | None = None) -> dict[str, Any]:
    """The scope of a page of this chat, with the visitor's cookies."""
    cookies = [f"{morsel.key}={morsel.value}" for morsel in (client or Client()).cookies.values()]
    return scope(("cookie", "; ".join(cookies)), query=f"chat={name}".encode())


# What has_permission() gets


def test_cookies_are_joined() -> None:
    request = SocketRequest(scope(("cookie", "a=1"), ("cookie", f"sessionid={'b' * 32}")))
    assert request.COOKIES == {"a": "1", "sessionid": "b" * 32}
    assert request.session.session_key == "b" * 32


@pytest.mark.django_db
def test_session_outlives_its_key_being_replaced(client: Client, settings: Any) -> None:
    """By a socket nobody can be told of another session's key, which Django makes with a new SECRET_KEY."""
    client.force_login(User.objects.create(username="ann"))
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "a new one"
    request = SocketRequest(asked("echo", client))
    assert request.user.username == "ann"
    assert SessionStore().exists(client.cookies["sessionid"].value)


def test_underscores_are_left_out() -> None:
    request = SocketRequest(scope(("x_forwarded_for", "6.6.6.6"), ("x-real-ip", "1.1.1.1")))
    assert "HTTP_X_FORWARDED_FOR" not in request.META
    assert request.headers["X-Real-IP"] == "1.1.1.1"


def test_address_is_known() -> None:
    request = SocketRequest(scope(client=["192.0.2.1", 1234]))
    assert request.META["REMOTE_ADDR"] == "192.0.2.1"


@pytest.mark.parametrize(("scheme", "secure"), [("ws", False), ("wss", True), ("https", True), ("http", False)])
def test_scheme_is_of_pages(scheme: str, *, secure: bool) -> None:
    request = SocketRequest(scope(scheme=scheme))
    assert request.is_secure() is secure
    assert request.build_absolute_uri("/") == f"http{'s' if secure else ''}://testserver/"


def test_request_only_reads() -> None:
    request = SocketRequest(scope(query=b"a=%C3%BC&b=\xff"))
    assert request.method == "GET"
    assert request.GET["a"] == "ü"
    assert (request.POST, request.body) == ({}, b"")


@pytest.mark.django_db
def test_user_of_the_session() -> None:
    client, user = Client(), User.objects.create(username="ann")
    client.force_login(user)
    assert SocketRequest(asked("ask", client)).user == user
    assert SocketRequest(asked("ask")).user == AnonymousUser()


def test_two_origins_are_refused() -> None:
    with refusing(FORBIDDEN):
        check_origin(scope(("origin", "http://testserver")))


def from_page(origin: str, host: str, scheme: str) -> dict[str, Any]:
    return {**scope(scheme=scheme), "headers": [(b"host", host.encode()), (b"origin", origin.encode())]}


@pytest.mark.parametrize(
    ("origin", "host", "scheme"),
    [
        ("HTTP://TestServer", "testserver", "ws"),
        ("http://testserver.", "testserver.", "ws"),
        ("https://[::1]", "[::1]", "wss"),
        ("https://xn--bcher-kva.example", "XN--BCHER-KVA.example", "wss"),
    ],
)
def test_page_of_the_site_is_taken(settings: Any, origin: str, host: str, scheme: str) -> None:
    settings.ALLOWED_HOSTS = ["testserver", "[::1]", "xn--bcher-kva.example"]
    check_origin(from_page(origin, host, scheme))


@pytest.mark.parametrize(
    ("origin", "host", "scheme"),
    [
        ("http://testserver", "testserver", "wss"),
        ("http://testserver", "testserver.", "ws"),
        ("http://[::1]", "[::2]", "ws"),
        ("http://[::1]:8000", "[::1]:8001", "ws"),
        ("http://bücher.example", "xn--bcher-kva.example", "ws"),
    ],
)
def test_page_of_another_origin_is_refused(settings: Any, origin: str, host: str, scheme: str) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    with refusing(FORBIDDEN):
        check_origin(from_page(origin, host, scheme))


# Who may read


def members(**attributes: Any) -> None:
    chat.register(lambda message: message, name="members", **{"login_required": True, **attributes})


@pytest.mark.django_db
def test_expired_session_logs_in() -> None:
    members()
    client, user = Client(), User.objects.create(username="ann")
    client.force_login(user)
    conversation = Conversation.objects.create(user=user, interface="members", revision=2)
    page = asked("members", client)
    assert authorise(page, conversation.uuid).revision == 2
    SessionStore(client.session.session_key).flush()
    with refusing(LOG_IN):
        authorise(page, conversation.uuid, again=True)


@pytest.mark.django_db
def test_stranger_learns_nothing() -> None:
    """Whether a conversation exists is not told by asking for it, in whichever chat."""
    members()
    chat.register(lambda message: message, name="open")
    user = User.objects.create(username="ann")
    for name, code in (("members", LOG_IN), ("open", NOT_FOUND), ("nothing", NOT_FOUND), ("", NOT_FOUND)):
        for other in ("members", "open"):
            for uuid in (Conversation.objects.create(user=user, interface=other).uuid, uuid4()):
                with refusing(code):
                    authorise(asked(name), uuid)


@pytest.mark.django_db
def test_conversation_is_of_its_chat() -> None:
    members()
    chat.register(lambda message: message, name="open")
    client, user = Client(), User.objects.create(username="ann")
    client.force_login(user)
    conversation = Conversation.objects.create(user=user, interface="members")
    with refusing(NOT_FOUND):
        authorise(asked("open", client), conversation.uuid)


@pytest.mark.django_db
def test_token_is_of_its_chat() -> None:
    members(login_required=False)
    chat.register(lambda message: message, name="open")
    uuid, token = history.new_token(history.Visitor(user=AnonymousUser()), "members")
    with refusing(NOT_FOUND):
        authorise(scope(query=f"chat=open&token={token}".encode()), uuid)
    assert authorise(scope(query=f"chat=members&token={token}".encode()), uuid).revision == 0


@pytest.mark.django_db
@pytest.mark.parametrize(("raised", "code"), [(PermissionDenied, FORBIDDEN), (Http404, NOT_FOUND)])
def test_permission_rule_raises(raised: type[Exception], code: int) -> None:
    """As on a page, where Django answers 403 and 404."""

    class Members(chat.ChatInterface):
        def fn(self, message: str) -> str:
            return message

        def has_permission(self, request: Any) -> bool:
            raise raised

    chat.register(Members)
    with refusing(code):
        authorise(asked("members"), uuid4())


# What is said


@pytest.mark.django_db
def test_refused_in_own_language(monkeypatch: pytest.MonkeyPatch) -> None:
    before = get_language()
    monkeypatch.setattr(handshake, "_", lambda sentence: f"{get_language()}: {sentence}")
    german = scope(("accept-language", "de"), ("origin", "http://evil.com"))
    for refused in (lambda: check_origin(german), lambda: authorise(german, UUID(int=0))):
        with pytest.raises(Refused, match="de: "):
            refused()
    assert get_language() == before
