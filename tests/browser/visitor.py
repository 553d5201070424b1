"""A visitor without a browser: opens the gates at which replies wait, and asks for what is another's."""

import re
import uuid
from http.cookiejar import CookieJar
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, build_opener

from tests.server import Server

FIELD = re.compile(r'name="(csrfmiddlewaretoken|token)" value="([^"]+)"')
ACTION = re.compile(r'action="([^"]+/send/)"')


class Visitor:
    """Has cookies of its own, and sends as the page's form does."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._opener = build_opener(HTTPCookieProcessor(CookieJar()))

    def say(self, name: str, message: str) -> None:
        """Begin a conversation with a message."""
        page = self._get(f"/chat/{name}/")
        action = ACTION.search(page)
        assert action
        fields = dict(FIELD.findall(page)) | {"message": message}
        self._opener.open(self._server.url(action[1]), urlencode(fields).encode(), timeout=60).close()

    def _get(self, path: str) -> str:
        with self._opener.open(self._server.url(path), timeout=60) as response:
            text: str = response.read().decode()
        return text


class Gate:
    """Where replies to `hold <gate>` and `around <gate>` wait."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._name = uuid.uuid4().hex

    def __str__(self) -> str:
        return self._name

    def release(self) -> None:
        """Let them go on."""
        Visitor(self._server).say("script", f"release {self}")
