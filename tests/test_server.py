import urllib.request
from collections.abc import Callable

from tests.server import Server


def test_killed_and_restarted(start_server: Callable[..., Server]) -> None:
    server = start_server()
    assert urllib.request.urlopen(server.url()).status == 200
    server.kill9()
    server.restart()
    assert urllib.request.urlopen(server.url()).status == 200
    assert server.query("SELECT username FROM auth_user ORDER BY username") == [("admin",), ("demo",)]


def test_serves_static_without_debug(server: Server) -> None:
    with urllib.request.urlopen(server.url("/static/project/site.css")) as response:
        assert response.headers["Content-Type"] == "text/css"


def test_runs_on_services(start_server: Callable[..., Server], postgres_database: str, redis: str) -> None:
    server = start_server(DATABASE_URL=postgres_database, REDIS_URL=redis)
    assert urllib.request.urlopen(server.url("/chat/echo/")).status == 200
