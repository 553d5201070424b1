import gzip
from urllib.request import Request, urlopen

from tests.server import ROOT, Server

SCRIPT = "chatinterface/patch.js"
SOURCE = ROOT / "chatinterface" / "static" / SCRIPT


def test_static_files_compressed(server: Server) -> None:
    request = Request(server.url(f"/static/{SCRIPT}"), headers={"Accept-Encoding": "gzip"})
    with urlopen(request) as response:
        assert response.headers["Content-Encoding"] == "gzip"
        body = response.read()
    assert len(body) < SOURCE.stat().st_size / 2
    assert gzip.decompress(body) == SOURCE.read_bytes()


def test_static_files_plain(server: Server) -> None:
    with urlopen(server.url(f"/static/{SCRIPT}")) as response:
        assert "Content-Encoding" not in response.headers
        assert response.read() == SOURCE.read_bytes()
