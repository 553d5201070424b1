import asyncio
import threading
from typing import Any
from uuid import uuid4

import pytest
from asgiref.sync import async_to_sync, markcoroutinefunction
from channels.routing import URLRouter
from channels.testing import ApplicationCommunicator, WebsocketCommunicator
from django.contrib.staticfiles.handlers import ASGIStaticFilesHandler
from django.core.asgi import get_asgi_application
from django.core.signals import request_finished
from django.http import HttpRequest, HttpResponse
from django.test import override_settings
from django.urls import include, path

import chatinterface as chat
from chatinterface import asgi, routing
from chatinterface.handler import ChatsInOneThread, is_plain
from chatinterface.runs.ending import running
from tests.tab import PATIENCE

pytestmark = pytest.mark.django_db(transaction=True)


def where(request: HttpRequest) -> HttpResponse:
    return HttpResponse(threading.current_thread().name)


urlpatterns = [path("where/", where), path("chat/", include("chatinterface.urls"))]


async def status(application: Any, address: str) -> tuple[int, bytes]:
    """The status and the body that an application answers with."""
    scope = {
        "type": "http",
        "method": "GET",
        "path": address,
        "query_string": b"",
        "headers": [(b"host", b"testserver")],
    }
    request = ApplicationCommunicator(application, scope)
    await request.send_input({"type": "http.request", "body": b""})
    start = await request.receive_output(PATIENCE)
    body = b""
    while True:
        part = await request.receive_output(PATIENCE)
        body += part.get("body", b"")
        if not part.get("more_body"):
            break
    await request.wait(PATIENCE)
    return start["status"], body


async def test_site_goes_on() -> None:
    application = asgi.application(get_asgi_application())
    with override_settings(ROOT_URLCONF=__name__):
        assert (await status(application, "/where/"))[0] == 200
        assert (await status(application, "/nothing/"))[0] == 404


async def test_chats_are_served() -> None:
    chat.register(lambda message: message, name="ask")
    application = asgi.application(get_asgi_application())
    code, body = await status(application, "/chat/ask/")
    assert code == 200
    assert b"data-chat" in body


async def test_sockets_are_routed() -> None:
    application = asgi.application(get_asgi_application())
    socket = WebsocketCommunicator(application, f"/ws/chatinterface/{uuid4()}/")
    assert await socket.connect(PATIENCE) == (True, None)
    assert "4403" in await socket.receive_from(PATIENCE)
    await socket.disconnect(timeout=PATIENCE)


async def test_patterns_for_own_router() -> None:
    router = URLRouter([path("", URLRouter(routing.websocket_urlpatterns))])
    socket = WebsocketCommunicator(router, f"/ws/chatinterface/{uuid4()}/")
    assert await socket.connect(PATIENCE) == (True, None)
    await socket.disconnect(timeout=PATIENCE)


def test_wrapped_application_is_passed_on() -> None:
    class Wrapped:
        async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
            """What a site has around Django's own handler."""

    wrapped = Wrapped()
    assert asgi.application(wrapped).application_mapping["http"] is wrapped
    assert not is_plain(wrapped)


def test_djangos_own_is_taken_over() -> None:
    for application in (get_asgi_application(), ASGIStaticFilesHandler(get_asgi_application())):
        assert is_plain(application)
        assert isinstance(asgi.application(application).application_mapping["http"], ChatsInOneThread)


class Threads:
    """A middleware that notes in which threads it and the view run."""

    seen: list[str] = []  # noqa: RUF012 -- of the test.

    def __init__(self, get_response: Any) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> Any:
        self.seen.append(threading.current_thread().name)
        response = self._get_response(request)
        self.seen.append(threading.current_thread().name)
        return response


async def test_request_stays_in_one_thread(settings: Any) -> None:
    settings.MIDDLEWARE = [f"{__name__}.Threads", *settings.MIDDLEWARE, f"{__name__}.Threads"]
    Threads.seen.clear()
    chat.register(lambda message: message, name="ask")
    assert (await status(asgi.application(get_asgi_application()), "/chat/ask/"))[0] == 200
    assert len(Threads.seen) == 4
    assert len(set(Threads.seen)) == 1
    assert Threads.seen[0].startswith("chatinterface-request")


async def test_chats_requests_go_side_by_side(settings: Any) -> None:
    both = threading.Barrier(2, timeout=PATIENCE)

    class Bot(chat.ChatInterface):
        def fn(self, message: str) -> str:
            return message

        def has_permission(self, request: Any) -> bool:
            both.wait()
            return True

    chat.register(Bot)
    application = asgi.application(get_asgi_application())
    answers = await asyncio.gather(*(status(application, "/chat/bot/") for _ in range(2)))
    assert [code for code, _ in answers] == [200, 200]


async def test_visitor_leaves_before_async_part(settings: Any) -> None:
    """What the request's thread was about to do is left to it: all that follows in its task can do without."""
    begins, ended, finished, gone = asyncio.Event(), asyncio.Event(), asyncio.Event(), threading.Event()
    loop = asyncio.get_running_loop()

    @markcoroutinefunction
    def hold() -> Any:
        # Called in the thread, when it waits for no task yet.
        loop.call_soon_threadsafe(begins.set)
        gone.wait(2 * PATIENCE)
        return asyncio.sleep(0)

    class Bot(chat.ChatInterface):
        def fn(self, message: str) -> str:
            return message

        def has_permission(self, request: Any) -> bool:
            async_to_sync(hold)()
            loop.call_soon_threadsafe(ended.set)
            return True

    def over(**_: Any) -> None:
        finished.set()

    chat.register(Bot)
    settings.ALLOWED_HOSTS = ["a"]
    scope = {"type": "http", "method": "GET", "path": "/chat/bot/", "query_string": b"", "headers": [(b"host", b"a")]}
    request = ApplicationCommunicator(asgi.application(get_asgi_application()), scope)
    request_finished.connect(over)
    try:
        await request.send_input({"type": "http.request", "body": b""})
        await begins.wait()
        await request.send_input({"type": "http.disconnect"})
        await request.wait(PATIENCE)
    finally:
        gone.set()
        await ended.wait()
        request_finished.disconnect(over)
    assert finished.is_set()


async def test_lifespan_ends_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    """How servers other than Daphne tell that they end."""
    ended = asyncio.Event()

    async def end() -> None:
        ended.set()

    monkeypatch.setattr(running, "end", end)
    server = ApplicationCommunicator(asgi.application(get_asgi_application()), {"type": "lifespan"})
    await server.send_input({"type": "lifespan.startup"})
    assert await server.receive_output(PATIENCE) == {"type": "lifespan.startup.complete"}
    assert not ended.is_set()
    await server.send_input({"type": "lifespan.shutdown"})
    assert await server.receive_output(PATIENCE) == {"type": "lifespan.shutdown.complete"}
    assert ended.is_set()
    await server.wait(PATIENCE)
