"""The configurations of the documentation: two processes with its settings, behind a real nginx that ends TLS."""

import asyncio
import re
import ssl
import subprocess
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import HTTPCookieProcessor, HTTPSHandler, build_opener

import pytest
from daphne.cli import CommandLineInterface
from websockets.asyncio.client import connect

from tests import services
from tests.cluster.remote import PATIENCE, RemoteTab, Visitor
from tests.cluster.site import Cluster
from tests.server import ROOT, Server, free_port, wait_for_port

DEPLOY = (ROOT / "docs/deploy.md").read_text(encoding="utf-8")
HOST = "chat.example.com"
FRAME = """daemon off; user root; pid {folder}/pid; error_log {folder}/error.log; events {{}}
http {{ access_log off; {body} }}"""


def block(language: str) -> str:
    """The documentation's first block of this language."""
    found = re.search(rf"```{language}\n(.*?)```", DEPLOY, re.DOTALL)
    assert found is not None
    return found[1]


@pytest.fixture
def servers(cluster: Cluster, tmp_path: Path) -> Iterator[list[Server]]:
    """Two processes with the settings of the documentation."""
    place = urlsplit(cluster.postgres.url)
    extra = {
        "DJANGO_SETTINGS_MODULE": "tests.cluster.production",
        "SECRET_KEY": "of the tests",
        "PGHOST": str(place.hostname),
        "PGPORT": str(place.port),
        "PGUSER": str(place.username),
        "PGDATABASE": place.path[1:],
        "REDIS_URL": cluster.redis.url,
        "CACHE_URL": cluster.redis.url,
        "UPLOADS": str(tmp_path / "uploads"),
    }
    unused = tmp_path / "unused.sqlite3"
    unused.touch()
    started = []
    for number in range(2):
        folder = tmp_path / f"process{number}"
        folder.mkdir()
        started.append(Server(folder, unused, extra))
        started[-1].launch()
    yield [server.ready() for server in started]
    for server in started:
        server.kill9()


class Secure:
    """What stands behind nginx, as visitors reach it."""

    def __init__(self, port: int) -> None:
        self.port = port

    def url(self, path: str = "/") -> str:
        return f"https://127.0.0.1:{self.port}{path}"


@pytest.fixture
def site(servers: list[Server], tmp_path: Path) -> Iterator[Secure]:
    """A real nginx with the configuration of the documentation, its places replaced by the test's."""
    nginx = services.nginx()
    port, key = free_port(), tmp_path / "key.pem"
    certificate = tmp_path / "certificate.pem"
    made = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", f"/CN={HOST}"]
    subprocess.run([*made, "-keyout", key, "-out", certificate], check=True, capture_output=True)
    replaced = {
        "127.0.0.1:8001": f"127.0.0.1:{servers[0].port}",
        "127.0.0.1:8002": f"127.0.0.1:{servers[1].port}",
        "listen 443 ssl": f"listen 127.0.0.1:{port} ssl",
        "/etc/ssl/chat.pem": str(certificate),
        "/etc/ssl/chat.key": str(key),
    }
    body = block("nginx")
    for documented, ours in replaced.items():
        assert documented in body
        body = body.replace(documented, ours)
    configuration = tmp_path / "nginx.conf"
    configuration.write_text(FRAME.format(folder=tmp_path, body=body))
    checked = subprocess.run([nginx, "-t", "-c", configuration], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stderr
    running = subprocess.Popen([nginx, "-c", configuration])
    assert wait_for_port(running, port)
    yield Secure(port)
    running.terminate()
    running.wait()


def trusting() -> ssl.SSLContext:
    """Takes the test's own certificate."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


class SecureVisitor(Visitor):
    """Comes by TLS, as all do."""

    def __init__(self, site: Secure) -> None:
        super().__init__(site)
        self._opener = build_opener(HTTPCookieProcessor(self._jar), HTTPSHandler(context=trusting()))
        self._opener.addheaders = [("Referer", site.url())]

    def socket(self, path: str) -> connect:
        address = self._site.url(path).replace("https", "wss", 1)
        return connect(
            address,
            origin=self._site.url(""),
            additional_headers={"Cookie": self.cookies},
            ssl=trusting(),
            max_size=None,
            open_timeout=PATIENCE,
        )


async def test_streams_through_nginx(site: Secure, servers: list[Server]) -> None:
    tab = await RemoteTab.visit("script", SecureVisitor(site))
    async with tab.connected():
        assert (await tab.send("stream 50 20")).status_code == 204
        await tab.shows("word2")
        assert "word49" not in tab.last, "it comes while it is written"
        await tab.settled()
    assert "word49" in tab.last
    health = await asyncio.gather(*(SecureVisitor(site).get("/chat/-/health/") for _ in range(4)))
    assert {answer.status_code for answer in health} == {200}
    assert all("/-/health/" in server.text() for server in servers)


async def test_restarts_one_after_the_other(site: Secure, servers: list[Server]) -> None:
    """At no time is there nobody: whoever was away is asked again as soon as the other is."""
    visitor = SecureVisitor(site)
    for server in servers:
        server.stop()
        for _ in servers:
            assert (await visitor.get("/chat/-/health/?only=process")).status_code == 200
        server.start()


async def test_postgres_restarts_behind_the_pool(cluster: Cluster, site: Secure) -> None:
    """Nobody waits for a connection for as long as a pool does by itself, and all goes on when it is back."""
    tab = await RemoteTab.visit("script", SecureVisitor(site))
    assert (await tab.send("stream 1")).status_code == 204
    async with tab.connected():
        await tab.settled()
        await tab.send("stream 300 10")
        await tab.shows("word2")
        cluster.postgres.stop()
        async with asyncio.timeout(25):
            assert (await SecureVisitor(site).get("/chat/-/health/")).status_code == 503
        await tab.shows("word299")
        cluster.postgres.start()
        await tab.settled()
    assert tab.status[max(tab.status)] == "done"


@pytest.mark.parametrize("language", ["ini", "dockerfile"])
def test_daphne_takes_the_command(language: str) -> None:
    """Of the unit and of the container: what Daphne is started with are options that it has."""
    command = re.search(
        r"ExecStart=\S+/daphne (.*)" if language == "ini" else r'CMD \["daphne", (.*)\]', block(language)
    )
    assert command is not None
    arguments = command[1].replace("%i", "8001").replace('"', "").replace(",", "").split()
    options = CommandLineInterface().parser.parse_args(arguments)
    assert options.application == "mysite.asgi:application"
    assert options.proxy_headers
