import socket
from collections.abc import Iterator

import pytest

from tests.proxy import Proxy
from tests.tab import PATIENCE


@pytest.fixture
def target() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(PATIENCE)
        yield listener


@pytest.fixture
def tcp_proxy(target: socket.socket) -> Iterator[Proxy]:
    with Proxy(target.getsockname()[1]) as proxy:
        yield proxy


def connect(proxy: Proxy, target: socket.socket) -> tuple[socket.socket, socket.socket]:
    near = socket.create_connection(("127.0.0.1", proxy.port), timeout=PATIENCE)
    far, _ = target.accept()
    far.settimeout(PATIENCE)
    # Only what has been passed on shows that the proxy has both ends in hand.
    near.sendall(b"?")
    assert far.recv(1) == b"?"
    return near, far


def ended(connection: socket.socket) -> bool:
    try:
        return connection.recv(10) == b""
    except ConnectionResetError:
        return True


def test_passes_both_ways(tcp_proxy: Proxy, target: socket.socket) -> None:
    near, far = connect(tcp_proxy, target)
    with near, far:
        near.sendall(b"there")
        assert far.recv(10) == b"there"
        far.sendall(b"back")
        assert near.recv(10) == b"back"


def test_cut_ends_both(tcp_proxy: Proxy, target: socket.socket) -> None:
    near, far = connect(tcp_proxy, target)
    with near, far:
        tcp_proxy.cut()
        assert ended(near)
        assert ended(far)
    for each in connect(tcp_proxy, target):
        each.close()


def test_refuse_then_restore(tcp_proxy: Proxy, target: socket.socket) -> None:
    port = tcp_proxy.port
    tcp_proxy.refuse()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
    tcp_proxy.restore()
    assert tcp_proxy.port == port
    for each in connect(tcp_proxy, target):
        each.close()


def test_hold_keeps_connections(tcp_proxy: Proxy, target: socket.socket) -> None:
    near, far = connect(tcp_proxy, target)
    with near, far:
        tcp_proxy.hold()
        near.sendall(b"later")
        far.settimeout(0.1)
        with pytest.raises(TimeoutError):
            far.recv(10)
        tcp_proxy.restore()
        far.settimeout(PATIENCE)
        assert far.recv(10) == b"later"


def test_holds_sockets_alone(tcp_proxy: Proxy, target: socket.socket) -> None:
    tcp_proxy.hold_sockets()
    page_near, page_far = connect(tcp_proxy, target)
    near, far = connect(tcp_proxy, target)
    with page_near, page_far, near, far:
        near.sendall(b"GET /ws/chat/ HTTP/1.1")
        page_near.sendall(b"GET / HTTP/1.1")
        assert page_far.recv(100) == b"GET / HTTP/1.1"
        far.settimeout(0.1)
        with pytest.raises(TimeoutError):
            far.recv(100)
        tcp_proxy.restore()
        far.settimeout(PATIENCE)
        assert far.recv(100) == b"GET /ws/chat/ HTTP/1.1"
