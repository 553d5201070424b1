"""A server and a worker process of a real backend, on every pair of the version matrix; tests/cluster has the rest."""

from collections.abc import Callable
from pathlib import Path

from project.instruments import script
from tests.cluster.remote import RemoteTab, Visitor
from tests.cluster.worker import Worker
from tests.server import Server


async def test_worker_streams_to_the_page(redis: str, start_server: Callable[..., Server], tmp_path: Path) -> None:
    settings = {"DJANGO_SETTINGS_MODULE": "tests.cluster.with_workers", "REDIS_URL": redis}
    server = start_server(**settings)
    server.manage("migrate", "--verbosity=0")
    worker = Worker(tmp_path, server.database, {**settings, "DATABASE_URL": f"sqlite:///{server.database}"})
    try:
        worker.start()
        tab = await RemoteTab.visit("worked", Visitor(server))
        async with tab.connected():
            await tab.send("stream 20 10")
            await tab.shows("word0")
            await tab.settled()
        assert tab.last == f"<p>{script.expected('stream 20').strip()}</p>\n"
        worker.terminate()
        assert worker.ended() == 0
    finally:
        worker.kill9()
