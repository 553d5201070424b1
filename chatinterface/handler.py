"""Django's own ASGI handler, hopping to a thread once for each request and not once for each middleware."""

from __future__ import annotations

import asyncio
from typing import Any

from django.contrib.staticfiles.handlers import ASGIStaticFilesHandler
from django.core.handlers.asgi import ASGIHandler, get_script_prefix
from django.http import HttpRequest, HttpResponseBase
from django.urls import Resolver404, resolve

from chatinterface import serving
from chatinterface.pacing import paced
from chatinterface.threads import in_request_thread

APP_NAME = "chatinterface"


class OneThreadHandler(ASGIHandler):
    """Runs the site's middleware and a synchronous view in one thread, as a WSGI server does.

    Under ASGI each synchronous middleware costs two hops between threads; with those that every project has, they cost
    more than sending a message does.
    """

    def load_middleware(self, is_async: bool = False) -> None:  # noqa: FBT001, FBT002 -- the base's signature.
        super().load_middleware(is_async=False)

    async def get_response_async(self, request: HttpRequest) -> HttpResponseBase:
        # In a task, whose context is its own: asgiref copies the thread's into it, and where a visitor goes away in the
        # middle of that, the executor of what was going on there. What is done after the request needs none of it.
        return await asyncio.create_task(in_request_thread(self.get_response, request))

    async def send_response(self, response: HttpResponseBase, send: Any) -> None:
        await super().send_response(response, paced(send) if response.streaming else send)


class ChatsInOneThread:
    """The site's application, but for the pages and actions of its chats, which are handled as above."""

    def __init__(self, application: Any) -> None:
        self._application = application
        self._handler = OneThreadHandler()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        serving.mark()
        chat = scope["type"] == "http" and _is_chat(scope)
        await (self._handler if chat else self._application)(scope, receive, send)


def is_plain(application: Any) -> bool:
    """Whether it is Django's own handler, with nothing around it that would be passed by."""
    if isinstance(application, ASGIStaticFilesHandler):
        application = application.application
    return type(application) is ASGIHandler


def _is_chat(scope: Any) -> bool:
    path = scope["path"].removeprefix(get_script_prefix(scope))
    try:
        return APP_NAME in resolve(f"/{path.removeprefix('/')}").app_names
    except Resolver404:
        return False
