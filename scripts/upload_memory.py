"""Measure what an upload and a download cost the memory of a real Daphne.

``python -m scripts.upload_memory [megabytes]``
"""

from __future__ import annotations

import http.client
import re
import sys
import tempfile
import time
from contextlib import closing
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from urllib.parse import urlencode
from uuid import uuid4

import psutil

from chatinterface.declarations.attaching import PIECE
from tests.server import Server, make_database

MEGABYTE = 1024 * 1024
CHAT = "/chat/attachments/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """Megabytes by which the server's memory has grown at most, and seconds."""

    uploading: float
    downloading: float
    neglecting: float
    seconds: float


class Visitor:
    """An anonymous visitor of the chat that takes large files."""

    def __init__(self, server: Server) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=120)
        self._cookies: dict[str, str] = {}
        page = self.request("GET", CHAT)
        self._token = unescape(_found(rb'name="token" value="([^"]+)"', page))
        self._csrf = _found(rb'name="csrfmiddlewaretoken" value="([^"]+)"', page)
        conversation = _found(rb'data-conversation="([^"]+)"', page)
        self.place = f"{CHAT}c/{conversation}/"

    def close(self) -> None:
        """Go away."""
        self._connection.close()

    def request(self, method: str, path: str, body: bytes | None = None, **headers: str) -> bytes:
        """Ask, and read the whole answer."""
        cookie = "; ".join(f"{name}={value}" for name, value in self._cookies.items())
        self._connection.request(method, path, body, {"Cookie": cookie, **headers})
        answer = self._connection.getresponse()
        for name, value in answer.getheaders():
            if name.lower() == "set-cookie":
                key, _, rest = value.partition("=")
                self._cookies[key] = rest.partition(";")[0]
        content = answer.read()
        if answer.status >= 400:
            raise RuntimeError(f"{method} {path}: {answer.status} {content[:300]!r}")
        return content

    def post(self, path: str, body: bytes, **headers: str) -> bytes:
        """Post as the page does."""
        return self.request("POST", self.place + path, body, **{"X-CSRFToken": self._csrf, **headers})

    def upload(self, file: str, size: int, offset: int) -> None:
        """Post one piece of zeros."""
        told = {"Upload-Offset": str(offset), "Upload-Length": str(size), "Upload-Name": "large.bin"}
        self.post(
            f"upload/{file}/",
            bytes(min(PIECE, size - offset)),
            **{**told, "Upload-Token": self._token, "Content-Type": "application/octet-stream"},
        )

    def send(self, file: str) -> None:
        """Send it with a message."""
        body = urlencode({"message": "look", "token": self._token, "uploads": file}).encode()
        self.post("send/", body, **{"Content-Type": "application/x-www-form-urlencoded"})

    def neglect(self, file: str) -> None:
        """Ask for it, and read nothing."""
        self._connection.close()
        self._connection.connect()
        cookie = "; ".join(f"{name}={value}" for name, value in self._cookies.items())
        self._connection.request("GET", f"{self.place}f/{file}/", headers={"Cookie": cookie})

    def download(self, file: str) -> int:
        """Read it again, a chunk at a time; returns how many bytes there were."""
        cookie = "; ".join(f"{name}={value}" for name, value in self._cookies.items())
        self._connection.request("GET", f"{self.place}f/{file}/", headers={"Cookie": cookie})
        answer, count = self._connection.getresponse(), 0
        while chunk := answer.read(MEGABYTE):
            count += len(chunk)
        return count


def measure(server: Server, megabytes: int) -> Measured:
    """Upload a file to a running server, send it, and download it."""
    assert server.process is not None
    process = psutil.Process(server.process.pid)
    with closing(Visitor(server)) as visitor:
        # What the first one loads is no cost of its size.
        small = str(uuid4())
        for offset in range(0, 8 * MEGABYTE, PIECE):
            visitor.upload(small, 8 * MEGABYTE, offset)
    with closing(Visitor(server)) as visitor:
        return _measure(visitor, process, megabytes * MEGABYTE)


def _measure(visitor: Visitor, process: psutil.Process, size: int) -> Measured:
    file = str(uuid4())
    before, started = process.memory_info().rss, time.monotonic()
    peak = before
    for offset in range(0, size, PIECE):
        visitor.upload(file, size, offset)
        peak = max(peak, process.memory_info().rss)
    seconds = time.monotonic() - started
    visitor.send(file)
    uploaded = process.memory_info().rss
    assert visitor.download(file) == size
    downloaded = process.memory_info().rss
    visitor.neglect(file)
    return Measured(
        uploading=(peak - before) / MEGABYTE,
        downloading=(downloaded - uploaded) / MEGABYTE,
        neglecting=(_settled(process) - downloaded) / MEGABYTE,
        seconds=round(seconds, 1),
    )


def _settled(process: psutil.Process) -> int:
    """The memory of a process once it grows no further."""
    last = 0
    while (now := process.memory_info().rss) > last:
        last = now
        time.sleep(0.5)
    return now


def _found(pattern: bytes, page: bytes) -> str:
    found = re.search(pattern, page)
    assert found is not None
    return found[1].decode()


def main() -> None:
    megabytes = int(sys.argv[1]) if len(sys.argv) > 1 else 1024
    with tempfile.TemporaryDirectory() as directory:
        server = Server(Path(directory), make_database(Path(directory) / "template.sqlite3")).start()
        try:
            print(megabytes, "MB:", measure(server, megabytes))
        finally:
            server.stop()


if __name__ == "__main__":
    main()
