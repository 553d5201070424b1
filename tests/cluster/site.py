"""A site of several processes with a PostgreSQL and a Redis of their own, behind the round-robin proxy."""

import asyncio
import threading
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Self

import psycopg
from psycopg.types.string import TextLoader

from scripts.balancer import Balancer
from tests.daemons import Postgres, Redis
from tests.server import Server, environment, manage


class Recorded(Balancer):
    """Remembers which process got what."""

    def __init__(self, ports: Sequence[int]) -> None:
        super().__init__(ports)
        self.given_to: list[tuple[str, int]] = []

    def given(self, path: str, port: int) -> None:
        self.given_to.append((path, port))


class Balanced:
    """The proxy before some processes, in a thread of its own."""

    def __init__(self, servers: Sequence[Server]) -> None:
        self.port = 0
        self.servers = servers
        self.balancer = Recorded([server.port for server in servers])
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        self._listening = asyncio.run_coroutine_threadsafe(self.balancer.listen(0), self._loop).result(10)
        self.port = self._listening.sockets[0].getsockname()[1]
        return self

    def __exit__(self, *exception: object) -> None:
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def url(self, path: str = "/") -> str:
        """The address of a path, at whichever process is the next."""
        return f"http://127.0.0.1:{self.port}{path}"

    def served_by(self, part: str) -> list[Server]:
        """The processes that got the requests with this in their path, in order."""
        servers = {server.port: server for server in self.servers}
        return [servers[port] for path, port in self.balancer.given_to if part in path]

    async def _end(self) -> None:
        self._listening.close()
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


class Cluster:
    """All ends with the ``with``."""

    def __init__(self, directory: Path, processes: int, extra: Mapping[str, str] | None = None) -> None:
        self.servers: list[Server] = []
        self._directory = directory
        self._processes = processes
        self._extra = dict(extra or {})
        self._ending = ExitStack()
        self.redis = Redis(directory)
        self.postgres = Postgres()

    def __enter__(self) -> Self:
        with ExitStack() as starting:
            self._start(starting)
            self._ending = starting.pop_all()
        return self

    def __exit__(self, *exception: object) -> None:
        self._ending.close()

    def _start(self, stack: ExitStack) -> None:
        stack.callback(self.redis.kill9)
        stack.callback(self.postgres.remove)
        self.redis.start()
        self.postgres.start()
        extra = {"DATABASE_URL": self.postgres.url, "REDIS_URL": self.redis.url, **self._extra}
        unused = self._directory / "unused.sqlite3"
        unused.touch()
        manage("migrate", "--verbosity=0", env=environment(unused, extra))
        extra["UPLOADS"] = str(self._directory / "uploads")
        for number in range(self._processes):
            folder = self._directory / f"process{number}"
            folder.mkdir()
            self.servers.append(Server(folder, unused, extra))
            stack.callback(self.servers[-1].kill9)
        self.restore()

    def restore(self) -> None:
        """Start whatever does not run."""
        self.redis.start()
        self.postgres.start()
        starting = [server for server in self.servers if not server.running]
        for server in starting:
            server.launch()
        for server in starting:
            server.ready()

    def balanced(self, count: int | None = None) -> Balanced:
        """The proxy before the first so many of them, or all."""
        return Balanced(self.servers[:count])

    def query(self, sql: str, *parameters: Any) -> list[tuple[Any, ...]]:
        """Read from the database, past Django: what is asserted was really committed."""
        with psycopg.connect(self.postgres.url) as connection:
            connection.adapters.register_loader("jsonb", TextLoader)
            return connection.execute(sql.replace("?", "%s").encode(), parameters).fetchall()

    def text(self) -> str:
        """All that the processes have written to their logs so far."""
        return "".join(server.text() for server in self.servers)
