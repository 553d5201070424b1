"""The servers that are put under load: each serves the demo site in one process, on this machine alone."""

import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.server import Server

SETTINGS = {"DJANGO_SETTINGS_MODULE": "benchmarks.load.settings"}


class Uvicorn(Server):
    """The same site, served by uvicorn as docs/deploy.md has it."""

    def command(self) -> list[str]:
        address = ["--host", "127.0.0.1", "--port", str(self.port)]
        sparing = ["--ws-per-message-deflate", "false", "--log-level", "warning"]
        return [sys.executable, "-m", "uvicorn", *address, *sparing, self.application]


KINDS: dict[str, type[Server]] = {"daphne": Server, "uvicorn": Uvicorn}


@contextmanager
def serving(kind: str, database: Path) -> Iterator[Server]:
    """A fresh server of this kind, on a copy of a migrated database."""
    with tempfile.TemporaryDirectory() as directory:
        server = KINDS[kind](Path(directory), database, SETTINGS).start()
        try:
            yield server
        finally:
            server.kill9()
