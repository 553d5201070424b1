"""`make run-cluster`: what it starts, and what it says where it cannot."""

import os
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator, Mapping

import pytest

from tests.cluster.site import Cluster
from tests.server import ROOT, START_SECONDS, free_port


@pytest.fixture
def env(cluster: Cluster) -> Iterator[dict[str, str]]:
    """The services of the cluster, and a port for the proxy."""
    services = {"DATABASE_URL": cluster.postgres.url, "REDIS_URL": cluster.redis.url}
    yield os.environ | services | {"PORT": str(free_port()), "PROCESSES": "2"}


def started(env: Mapping[str, str]) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "scripts.cluster"],
        cwd=ROOT,
        env=dict(env),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def test_serves_until_told_to_end(env: dict[str, str]) -> None:
    with started(env) as running:
        assert running.stdout is not None
        said = ""
        while "Open http" not in said and (line := running.stdout.readline()):
            said += line
        assert said.count("serves on port") == 2, said
        address = f"http://127.0.0.1:{env['PORT']}"
        for _ in range(3):
            with urllib.request.urlopen(f"{address}/chat/-/health/", timeout=START_SECONDS) as answer:
                assert answer.status == 200
        running.send_signal(signal.SIGINT)
        assert running.wait(START_SECONDS) == 0
    ports = [int(line.split()[-1].rstrip(".")) for line in said.splitlines() if "serves on port" in line]
    for port in (*ports, int(env["PORT"])):
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port), timeout=5)


@pytest.mark.parametrize("variable", ["DATABASE_URL", "REDIS_URL"])
def test_missing_service_is_named(env: dict[str, str], variable: str) -> None:
    port = free_port()
    env[variable] = f"x://127.0.0.1:{port}/x"
    with started(env) as running:
        said, _ = running.communicate(timeout=START_SECONDS)
    assert running.returncode == 1
    assert f"127.0.0.1:{port}" in said
    assert f"make run-cluster {variable}=" in said
    assert "Traceback" not in said
