"""The demo site as several processes behind one proxy, as `make run-cluster` starts it; Ctrl+C ends all of it."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from urllib.parse import urlsplit

import psycopg
from psycopg.sql import SQL, Identifier

from scripts.balancer import Balancer

DATABASE = "postgres://postgres@127.0.0.1:5432/chatinterface"
REDIS = "redis://127.0.0.1:6379/0"

# What has to be there, by the variable that names another place.
NEEDED = {"DATABASE_URL": ("PostgreSQL", DATABASE), "REDIS_URL": ("Redis", REDIS)}

# Seconds that a process has to take connections, and to end.
START_SECONDS = 60.0
END_SECONDS = 30.0


def settings() -> dict[str, str]:
    """The environment of the processes. Ends the program, in words, where a service is not there."""
    env = os.environ | {"DJANGO_SETTINGS_MODULE": "project.settings", "DEBUG": "1", "STRICT_CSP": "1"}
    for variable, (name, default) in NEEDED.items():
        url = env.setdefault(variable, default)
        parts = urlsplit(url)
        host, port = parts.hostname or "127.0.0.1", parts.port or urlsplit(default).port
        try:
            socket.create_connection((host, port), timeout=2).close()
        except OSError as error:
            sys.exit(
                f"{name} does not answer at {host}:{port} ({error}). "
                f"Start it, or say where it is: make run-cluster {variable}={default}"
            )
    return env


def make_database(url: str) -> None:
    """Make the database, where the server has none of this name. Ends the program where it does not let us in."""
    place, _, name = url.rpartition("/")
    try:
        with psycopg.connect(f"{place}/postgres", autocommit=True) as connection:
            if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone() is None:
                connection.execute(SQL("CREATE DATABASE {}").format(Identifier(name)))
    except psycopg.Error as error:
        sys.exit(f"PostgreSQL has no database {name!r} for us ({error}). Make it, or name another: DATABASE_URL=…")


def free_ports(count: int) -> Iterator[int]:
    """Ports that nobody listens on."""
    listeners = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    for listener in listeners:
        yield listener.getsockname()[1]
        listener.close()


async def listening(port: int, process: subprocess.Popen[bytes]) -> None:
    """Wait until the process takes connections. Raises TimeoutError, and OSError where it has ended."""
    async with asyncio.timeout(START_SECONDS):
        while True:
            with suppress(ConnectionRefusedError):
                _reader, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.close()
                return
            if process.poll() is not None:
                raise OSError("A process has ended while it started.")
            await asyncio.sleep(0.1)


def launch(port: int, env: dict[str, str]) -> subprocess.Popen[bytes]:
    """Start one process. It is asked to end by us, and not by the terminal's Ctrl+C."""
    command = [sys.executable, "-m", "daphne", "--bind", "127.0.0.1", "--port", str(port), "--verbosity", "0"]
    return subprocess.Popen([*command, "project.asgi:application"], env=env, start_new_session=True)


async def serve(port: int, count: int, env: dict[str, str]) -> None:
    """Serve until asked to end."""
    ports = list(free_ports(count))
    processes = [launch(each, env) for each in ports]
    ended = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    try:
        await asyncio.gather(*map(listening, ports, processes))
        async with await Balancer(ports).listen(port):
            for each, process in zip(ports, processes, strict=True):
                print(f"Process {process.pid} serves on port {each}.")
            print(f"Open http://127.0.0.1:{port} (Ctrl+C ends all; kill -9 of one: the others go on)", flush=True)
            await ended.wait()
    finally:
        end(processes)


def end(processes: list[subprocess.Popen[bytes]]) -> None:
    """Ask all to end at once, and wait: replies that are being written are stored."""
    for process in processes:
        process.terminate()
    for process in processes:
        try:
            process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()


def main() -> None:
    """Prepare the database, and serve."""
    count, port = int(os.environ.get("PROCESSES", "2")), int(os.environ.get("PORT", "8000"))
    env = settings()
    make_database(env["DATABASE_URL"])
    for command in (["migrate", "--verbosity=0"], ["demo_users"]):
        subprocess.run([sys.executable, "manage.py", *command], env=env, check=True)
    try:
        asyncio.run(serve(port, count, env))
    except OSError as error:
        sys.exit(f"The site cannot be served: {error}")


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        main()
