"""What is measured: a server on a free port, and where its input is."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from tests.server import ROOT, Server, free_port, wait_for_port

CONNECTED = "[data-chat][data-connection=open] [data-chat-input]"


@dataclass(frozen=True, slots=True)
class Target:
    """A running server, and the page on it that is measured: its input, and the same once the page is connected."""

    name: str
    origin: str
    path: str
    input: str
    connected: str
    pid: int
    database: Path | None = None
    # Seconds after a reply until the next message is sent, so that nothing of one is still going on during the other.
    rest: float = 0.25

    @property
    def url(self) -> str:
        """The address of the page."""
        return self.origin + self.path

    def processes(self) -> list[psutil.Process]:
        """The server's process, and those that it has started."""
        server = psutil.Process(self.pid)
        return [server, *server.children(recursive=True)]

    def cpu(self) -> float:
        """The seconds of processor time that the server has used so far."""
        # Linux names the clock of another process so; the times in /proc are counted in steps of 10 ms.
        return sum(time.clock_gettime(~each.pid << 3 | 2) for each in self.processes())

    def memory(self) -> float:
        """The megabytes of memory that the server has in use."""
        return sum(each.memory_info().rss for each in self.processes()) / 2**20


@contextmanager
def floor(directory: Path) -> Iterator[Target]:
    """The bare websocket page."""
    port = free_port()
    command = ["-m", "daphne", "--bind", "127.0.0.1", "--port", str(port), "--verbosity", "0"]
    with (directory / "floor.log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, *command, "benchmarks.floor:application"], cwd=ROOT, stdout=log, stderr=log
        )
    try:
        wait_for_port(process, port)
        yield Target("floor", f"http://127.0.0.1:{port}", "/", "#input", "#input:enabled", process.pid)
    finally:
        process.kill()
        process.wait()


@contextmanager
def chat(directory: Path, database: Path, kind: type[Server] = Server) -> Iterator[Target]:
    """The demo site with DEBUG off, on a scratch copy of the database, by Daphne or another kind of server."""
    directory.mkdir()
    server = kind(directory, database).start()
    assert server.process is not None
    try:
        pid = server.process.pid
        yield Target("chat", server.url(""), "/chat/bench/", "[data-chat-input]", CONNECTED, pid, server.database)
    finally:
        server.kill9()
