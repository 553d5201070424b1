"""A Redis and a PostgreSQL of a test's own, which it may kill."""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

from tests import services
from tests.server import START_SECONDS, free_port, wait_for_port

POSTGRES_BINARIES = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)

# For data that nobody needs a minute later.
CARELESS = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "shared_buffers=16MB")


def program(name: str) -> str:
    """The path of a program of Redis or PostgreSQL; the test is skipped where there is none, and fails in CI."""
    found = shutil.which(name, path=os.pathsep.join([os.environ["PATH"], *map(str, POSTGRES_BINARIES)]))
    if found is None:
        services.missing(f"there is no {name}")
    assert found is not None
    return found


class Redis:
    """A Redis that keeps its port, and nothing else, when it is started again."""

    def __init__(self, directory: Path) -> None:
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self._directory = directory
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> "Redis":
        """Start it where it does not run, and wait until it answers."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGCONT)
            return self
        options = ["--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
        self._process = subprocess.Popen(
            [program("redis-server"), *options], cwd=self._directory, stdout=subprocess.DEVNULL, start_new_session=True
        )
        assert wait_for_port(self._process, self.port), "Redis did not start"
        return self

    def kill9(self) -> None:
        """Kill it, with all that it knew."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def hold(self) -> None:
        """Let it answer nothing, with its connections open."""
        self._signal(signal.SIGSTOP)

    def go_on(self) -> None:
        """Let it answer again, what was asked meanwhile too."""
        self._signal(signal.SIGCONT)

    def _signal(self, number: int) -> None:
        assert self._process is not None
        self._process.send_signal(number)


class Postgres:
    """A PostgreSQL with one database of its own, which stays when it is started again."""

    def __init__(self) -> None:
        self.port = free_port()
        self.url = f"postgres://postgres@127.0.0.1:{self.port}/postgres"
        # Not among pytest's folders, which nobody but root may enter; and it refuses to work as root.
        self._directory = Path(tempfile.mkdtemp(prefix="chatinterface-postgres-"))
        self._data = self._directory / "data"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> "Postgres":
        """Start it where it does not run, and wait until it answers queries."""
        if self._process is not None and self._process.poll() is None:
            return self
        if not self._data.exists():
            self._make()
        options = [each for setting in CARELESS for each in ("-c", setting)]
        with (self._directory / "postgres.log").open("ab") as log:
            self._process = subprocess.Popen(
                [
                    *(program("postgres"), "-D", str(self._data), "-p", str(self.port)),
                    *("-c", f"unix_socket_directories={self._data}", "-c", "listen_addresses=127.0.0.1", *options),
                ],
                stdout=log,
                stderr=log,
                start_new_session=True,
                **_unprivileged(),  # type: ignore[call-overload]
            )
        self._wait()
        return self

    def stop(self) -> None:
        """Have it end at once, its clients' connections too, as a restart of the service does."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)
            self._process.wait(START_SECONDS)

    def remove(self) -> None:
        """Have it end, and all that it knew."""
        self.stop()
        shutil.rmtree(self._directory)

    def _make(self) -> None:
        if os.getuid() == 0:
            shutil.chown(self._directory, _unprivileged()["user"])
        subprocess.run(
            [program("initdb"), "-D", str(self._data), "-U", "postgres", "-A", "trust", "--no-sync", "-E", "UTF8"],
            check=True,
            stdout=subprocess.DEVNULL,
            **_unprivileged(),  # type: ignore[call-overload]
        )

    def _wait(self) -> None:
        """Until it takes connections, which it refuses while it starts."""
        ready = [program("pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(self.port)]
        deadline = time.monotonic() + START_SECONDS
        while subprocess.run(ready, check=False).returncode:
            assert time.monotonic() < deadline, (self._directory / "postgres.log").read_text()
            time.sleep(0.05)


def _unprivileged() -> dict[str, str]:
    """The user that a daemon is to be: root may not be its own."""
    if os.getuid():
        return {}
    names = {entry.pw_name for entry in pwd.getpwall()}
    user = "postgres" if "postgres" in names else "nobody"
    return {"user": user, "cwd": "/"}
