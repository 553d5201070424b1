"""Replies that worker processes write, in the pages of two servers."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from project.instruments import script
from tests.cluster.remote import RemoteTab, Visitor
from tests.cluster.replies import HELD, eventually, stored
from tests.cluster.site import Balanced, Cluster
from tests.cluster.worker import Worker
from tests.server import Server, environment, manage

PROMPT = """
    SELECT prompt.key FROM chatinterface_prompt prompt JOIN chatinterface_run run ON run.id = run_id
    JOIN chatinterface_conversation conversation ON conversation.id = conversation_id WHERE conversation.uuid = ?
"""
RUN = """
    SELECT status, worker FROM chatinterface_run run
    JOIN chatinterface_conversation conversation ON conversation.id = conversation_id WHERE uuid = ?
"""
TASKS = "SELECT status, return_value FROM django_tasks_database_dbtaskresult ORDER BY enqueued_at DESC"


@pytest.fixture(scope="module")
def extra(processes: Cluster, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment of all processes: the services of the cluster, and the tables of the tasks in its database."""
    folder = tmp_path_factory.mktemp("workers")
    extra = {
        "DJANGO_SETTINGS_MODULE": "tests.cluster.with_workers",
        "DATABASE_URL": processes.postgres.url,
        "REDIS_URL": processes.redis.url,
        "UPLOADS": str(folder / "uploads"),
    }
    manage("migrate", "--verbosity=0", env=environment(folder / "unused.sqlite3", extra))
    return extra


@pytest.fixture(scope="module")
def servers(extra: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Server]]:
    """Two servers, which write none of these replies."""
    started = [Server(*place(tmp_path_factory.mktemp("server")), extra) for _ in range(2)]
    for server in started:
        server.launch()
    for server in started:
        server.ready()
    yield started
    for server in started:
        server.stop()


@pytest.fixture
def site(cluster: Cluster, servers: list[Server]) -> Iterator[Balanced]:
    """Both behind the proxy: no two requests that follow each other come to the same one."""
    with Balanced(servers) as balanced:
        yield balanced


@pytest.fixture
def start_worker(cluster: Cluster, extra: dict[str, str], tmp_path: Path) -> Iterator[Callable[[], Worker]]:
    """Start a worker process."""
    started: list[Worker] = []

    def start() -> Worker:
        folder = tmp_path / f"worker{len(started)}"
        folder.mkdir()
        started.append(Worker(*place(folder), extra))
        started[-1].launch()
        return started[-1].ready()

    yield start
    for each in started:
        each.kill9()


@pytest.fixture
def worker(start_worker: Callable[[], Worker]) -> Worker:
    """A single one, which writes one reply at a time."""
    return start_worker()


def place(folder: Path) -> tuple[Path, Path]:
    """The folder of a process, and the file of an SQLite database that it does not use."""
    unused = folder / "unused.sqlite3"
    unused.touch()
    return folder, unused


async def test_streams(site: Balanced, worker: Worker) -> None:
    tab = await RemoteTab.visit("worked", Visitor(site))
    async with tab.connected():
        assert (await tab.send("stream 30 10")).status_code == 204
        await tab.shows("word0")
        await tab.settled()
    assert tab.last == f"<p>{script.expected('stream 30').strip()}</p>\n"
    assert "message.patch" in tab.kinds


async def test_reloaded_and_stopped(cluster: Cluster, site: Balanced, worker: Worker, gate: str) -> None:
    """A page that comes later is told by the worker what was said; a stop reaches it from any server."""
    tab = await RemoteTab.visit("worked", Visitor(site))
    async with tab.connected():
        await tab.send(f"hold {gate}")
        await tab.shows("word2")
        other = await tab.beside()
        async with other.connected():
            await other.shows("word2")
            assert (await other.stop()).status_code == 204
            await other.until("message.settled", status="stopped")
            await tab.settled()
    assert tab.last == other.last
    assert stored(cluster, tab) == ("stopped", HELD)
    await eventually(lambda: cluster.query(TASKS)[0] == ("SUCCESSFUL", '"stopped"'))


async def test_steps_questions_outputs_hooks(cluster: Cluster, site: Balanced, worker: Worker) -> None:
    tab = await RemoteTab.visit("worked_order", Visitor(site))
    async with tab.connected():
        await tab.send("pizza")
        await tab.shows("Which size?")
        ((prompt,),) = cluster.query(PROMPT, str(tab.uuid))
        assert (await tab.act("answer", prompt, answer="1")).status_code == 204
        assert (await tab.until("output.changed", name="total"))["html"] == "<p>12</p>\n"
        await tab.shows("signed: done")
    said = "".join(page.html for page in tab.shown.values())
    assert "Looking it up" in said
    assert "Large pizza" in said


async def test_one_after_the_other(cluster: Cluster, site: Balanced, worker: Worker) -> None:
    tab = await RemoteTab.visit("worked", Visitor(site))
    async with tab.connected():
        await tab.send("stream 20 20")
        await tab.shows("word0")
        await tab.send("say second")
        await tab.shows("second")
        await tab.settled()
    first, second = sorted(tab.shown)[1::2]
    assert "word19" in tab.shown[first].html
    assert "second" in tab.shown[second].html


async def test_interrupted_by_the_next(site: Balanced, worker: Worker, gate: str) -> None:
    """Also where the worker that is to answer is the one that writes what is to be stopped."""
    tab = await RemoteTab.visit("worked_interrupted", Visitor(site))
    async with tab.connected():
        await tab.send(f"hold {gate}")
        await tab.shows("word2")
        await tab.send("say second")
        await tab.until("message.settled", status="stopped")
        await tab.shows("second")
        await tab.settled()


async def test_pressed(cluster: Cluster, site: Balanced, worker: Worker) -> None:
    tab = await RemoteTab.visit("worked", Visitor(site))
    async with tab.connected():
        assert (await tab.act("button", "hold", token=tab.token)).status_code == 204
        await tab.shows("pressed hold")
        await tab.stop()
        await tab.until("message.settled", status="stopped")
    assert stored(cluster, tab) == ("stopped", "pressed hold")


async def test_stopped_before_a_worker_comes(
    cluster: Cluster, site: Balanced, start_worker: Callable[[], Worker]
) -> None:
    tab = await RemoteTab.visit("worked", Visitor(site))
    async with tab.connected():
        await tab.send("stream 3")
        await tab.shows("")
        assert cluster.query(RUN, str(tab.uuid)) == [("queued", "")]
        await tab.stop()
        await tab.until("message.settled", status="stopped")
    start_worker()
    await eventually(lambda: cluster.query(TASKS)[0] == ("SUCCESSFUL", None))
    assert stored(cluster, tab) == ("stopped", "")


async def test_killed(cluster: Cluster, site: Balanced, worker: Worker, start_worker: Callable[[], Worker]) -> None:
    """It is noticed within the lease, what was said is there, and it can be tried again."""
    tab = await RemoteTab.visit("worked", Visitor(site))
    async with tab.connected():
        await tab.send("stream 250 50")
        await tab.shows("word2")
        await eventually(lambda: "word2" in stored(cluster, tab)[1])
        worker.kill9()
        await tab.until("message.settled", status="interrupted")
        status, said = stored(cluster, tab)
        assert status == "interrupted"
        assert script.expected("stream 250").startswith(said)
        start_worker()
        assert (await tab.rerun(max(tab.shown))).status_code == 204
        await tab.until("message.settled", status="done")
    assert stored(cluster, tab) == ("done", script.expected("stream 250"))


async def test_terminated(cluster: Cluster, site: Balanced, worker: Worker) -> None:
    """What it writes that is asked to end is stored, to the last word."""
    tab = await RemoteTab.visit("worked", Visitor(site))
    async with tab.connected():
        await tab.send("stream 100000 5")
        await tab.shows("word20")
        worker.terminate()
        await tab.until("message.settled", status="interrupted")
    status, said = stored(cluster, tab)
    assert status == "interrupted"
    assert tab.last == f"<p>{said.strip()}</p>\n"
    assert worker.ended() == 0
    assert "Traceback" not in worker.text()
