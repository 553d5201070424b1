"""The review of flags on PostgreSQL, over a real server: what SQLite does otherwise."""

import json
import os
import re
from collections.abc import Callable
from http.cookiejar import CookieJar
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, build_opener

from tests.server import Server, manage

FLAGS = "/admin/chatinterface/flag/"


class Reviewer:
    """Logged in to the admin of a server."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._opener = build_opener(HTTPCookieProcessor(CookieJar()))
        self.post("/admin/login/", username="admin", password="admin")

    def get(self, path: str) -> str:
        with self._opener.open(self._server.url(path), timeout=30) as response:
            text: str = response.read().decode()
        return text

    def post(self, path: str, **fields: str) -> None:
        found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', self.get(path))
        assert found
        data = urlencode({"csrfmiddlewaretoken": found[1], **fields}).encode()
        self._opener.open(self._server.url(path), data, timeout=30).close()

    def listed(self, query: str = "") -> list[str]:
        return re.findall(rf'href="{FLAGS}(\d+)/change/', self.get(f"{FLAGS}?{query}"))


def test_review(start_server: Callable[..., Server], postgres_database: str) -> None:
    """Lists, searches, decides, sums up, exports, prunes."""
    env = os.environ | {"DATABASE_URL": postgres_database}
    manage("demo_flags", "--count=14", "--days=7", env=env)
    reviewer = Reviewer(start_server(DATABASE_URL=postgres_database))
    every = reviewer.listed()
    assert len(every) == 16
    assert 0 < len(reviewer.listed("q=cactus")) < 16
    assert len(reviewer.listed("option=Wrong")) == 2
    reviewer.get(f"{FLAGS}next/")
    first = f"{FLAGS}{every[0]}/change/"
    assert "Yes, plants need water" in reviewer.get(f"{FLAGS}{reviewer.listed('option=Dislike')[0]}/change/")
    reviewer.post(first, status="accepted", was="open", note="On PostgreSQL")
    assert "On PostgreSQL" in reviewer.get(first)
    assert "By chat and option" in reviewer.get(f"{FLAGS}summary/")
    assert reviewer.get(f"{FLAGS}export/csv/").count("advisor") >= 16
    assert len([json.loads(line) for line in reviewer.get(f"{FLAGS}export/messages/").splitlines()]) == 16
    pairs = [json.loads(line) for line in reviewer.get(f"{FLAGS}export/pairs/").splitlines()]
    assert all(pair["chosen"] != pair["rejected"] for pair in pairs)
    assert manage("chatinterface_prune", "--dry-run", env=env).startswith("Would delete 0 conversations, 0 flags")
