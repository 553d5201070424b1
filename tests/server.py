"""The demo site served by a real Daphne, as a process that a test can kill."""

import os
import random
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
START_SECONDS = 120.0
STOP_SECONDS = 30.0
# Below those that systems give to outgoing connections.
PORTS = range(10_000, 32_000)


def environment(database: Path, extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment of a server: its database, nothing of the caller's services, and what a test adds."""
    inherited = {name: value for name, value in os.environ.items() if name not in {"DATABASE_URL", "REDIS_URL"}}
    ours = {"DJANGO_SETTINGS_MODULE": "project.settings", "PYTHONUNBUFFERED": "1", "DEBUG": "0", "STRICT_CSP": "1"}
    return inherited | ours | {"DATABASE_URL": f"sqlite:///{database}"} | dict(extra or {})


def manage(*command: str, env: Mapping[str, str]) -> str:
    """Run a management command in a process of its own; returns what it printed."""
    done = subprocess.run(
        [sys.executable, "manage.py", *command], cwd=ROOT, env=env, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(f"manage.py {' '.join(command)} failed:\n{done.stdout}{done.stderr}")
    return done.stdout


def migrate(env: Mapping[str, str]) -> None:
    """Make the tables and the demo users in the database of an environment."""
    manage("migrate", "--verbosity=0", env=env)
    manage("demo_users", env=env)


def make_database(path: Path) -> Path:
    """A migrated SQLite file with the demo users, to be copied for each server."""
    migrate(environment(path))
    # Everything into the one file, so that a copy of it is whole.
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode=DELETE")
    return path


def free_port() -> int:
    """A port that nobody listens on, and that no connection is given while the server is down."""
    while True:
        port = random.SystemRandom().choice(PORTS)
        with socket.socket() as listener, suppress(OSError):
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(("127.0.0.1", port))
            return port


def wait_for_port(process: subprocess.Popen[bytes], port: int) -> bool:
    """Wait until the process takes connections there; false where it ends before, or takes too long."""
    deadline = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.02)
        else:
            return True
    return False


class Server:
    """A Daphne on a port and a database of its own. It keeps both when it is started again."""

    def __init__(
        self,
        directory: Path,
        database: Path,
        extra: Mapping[str, str] | None = None,
        *,
        application: str = "project.asgi:application",
    ) -> None:
        self.port = free_port()
        self.database = directory / "db.sqlite3"
        self.log = directory / "daphne.log"
        self.process: subprocess.Popen[bytes] | None = None
        self.uploads = directory / "uploads"
        self._environment = environment(self.database, {"UPLOADS": str(self.uploads), **(extra or {})})
        self.application = application
        shutil.copyfile(database, self.database)

    def url(self, path: str = "/") -> str:
        """The address of a path on this server."""
        return f"http://127.0.0.1:{self.port}{path}"

    def command(self) -> list[str]:
        """What starts it."""
        options = ["--bind", "127.0.0.1", "--port", str(self.port), "--websocket_connect_timeout", "120"]
        return [sys.executable, "-m", "daphne", *options, self.application]

    def start(self) -> "Server":
        """Start it, and wait until it takes connections. Raises RuntimeError with its log where it does not."""
        self.launch()
        return self.ready()

    def launch(self) -> None:
        """Start it, and wait for nothing."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command(),
                cwd=ROOT,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def manage(self, *command: str) -> str:
        """Run a management command beside it, on what it is served from; returns what it printed."""
        return manage(*command, env=self._environment)

    def ready(self) -> "Server":
        """Wait until it takes connections. Raises RuntimeError with its log where it does not."""
        assert self.process is not None, "it was launched"
        if not wait_for_port(self.process, self.port):
            self.kill9()
            raise RuntimeError(f"The server did not start:\n{self.text()}")
        return self

    @property
    def running(self) -> bool:
        """Whether there is a process of it."""
        return self.process is not None and self.process.poll() is None

    def stop(self) -> None:
        """Ask it to end, and wait for that."""
        if self.process is not None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self.kill9()

    def terminate(self) -> None:
        """Ask it to end, and wait for nothing."""
        assert self.process is not None, "it was started"
        self.process.send_signal(signal.SIGTERM)

    def ended(self) -> int:
        """Wait until it has ended by itself; returns what it ended with."""
        assert self.process is not None, "it was started"
        return self.process.wait(START_SECONDS)

    def kill9(self) -> None:
        """Kill it and its children without a warning."""
        if self.process is not None and self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()

    def restart(self) -> None:
        """Start it again, on the same port and database."""
        self.stop()
        self.start()

    def text(self) -> str:
        """All that it has written to its log so far."""
        return self.log.read_text(errors="replace")

    def query(self, sql: str, *parameters: Any) -> list[tuple[Any, ...]]:
        """Read from its database, past Django: what is asserted was really committed."""
        with closing(sqlite3.connect(f"file:{self.database}?mode=ro", uri=True, timeout=10)) as connection:
            return connection.execute(sql, parameters).fetchall()
