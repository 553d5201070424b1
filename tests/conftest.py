import os
import secrets
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psycopg
import pytest
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from psycopg.sql import SQL, Identifier

from chatinterface import registry
from tests import services
from tests.cluster.site import Balanced, Cluster
from tests.proxy import Proxy
from tests.server import Server, make_database, migrate

# No test depends on how fast the machine is: neither an example nor the making of one has a time limit. In CI the
# examples are the same each time, so that no work is refused for what it has not changed, and fewer in each pair of the
# version matrix; "dev" looks for new ones, and `HYPOTHESIS_PROFILE=thorough make test ARGS=tests/content` for many.
UNHURRIED = hypothesis_settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
hypothesis_settings.register_profile("dev", UNHURRIED, max_examples=200)
hypothesis_settings.register_profile("ci", UNHURRIED, max_examples=500, derandomize=True)
hypothesis_settings.register_profile("matrix", UNHURRIED, max_examples=50, derandomize=True)
hypothesis_settings.register_profile("thorough", UNHURRIED, max_examples=2500)
hypothesis_settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE") or ("ci" if os.environ.get("CI") else "dev"))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests of browsers and clusters by their folders, and run those of browsers last.

    Playwright keeps an event loop running in the thread of its tests, in which no async test could start one.
    """
    for item in items:
        for mark in (pytest.mark.browser, pytest.mark.cluster):
            if item.path.is_relative_to(Path(__file__).parent / mark.name):
                item.add_marker(mark)
    items.sort(key=lambda item: item.get_closest_marker("browser") is not None)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Write out what was captured so that it can be sent to the process that reports: no UTF-8 has lone surrogates."""
    report = yield
    report.sections = [
        (title, text.encode("utf-8", "backslashreplace").decode("utf-8")) for title, text in report.sections
    ]
    return report


@pytest.fixture(autouse=True)
def own_chats(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take away, after each test, the chats that it registered."""
    monkeypatch.setattr(registry, "_chats", registry.registered())


@pytest.fixture(autouse=True)
def own_uploads(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Keep the files of each test in a folder of its own."""
    from chatinterface.files import storage

    uploads = tmp_path / "uploads"
    for name in ("base_location", "location"):
        monkeypatch.setitem(vars(storage()), name, str(uploads))
    return uploads


@pytest.fixture(autouse=True)
def unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let nothing in this process be given up, or asked about, because the machine is slow or has paused.

    A test that is about one of these limits sets it itself.
    """
    monkeypatch.setattr("chatinterface.content.code.thread_time", lambda: 0.0)
    monkeypatch.setattr("chatinterface.content.tables.sheet.monotonic", lambda: 0.0)
    monkeypatch.setattr("chatinterface.runs.execution.GRACE", 30.0)
    monkeypatch.setattr("chatinterface.consumers.SILENCE", 3600.0)
    monkeypatch.setattr("chatinterface.events.ANSWER", 60.0)
    monkeypatch.setattr("chatinterface.pulse.PATIENCE", 60.0)


@pytest.fixture(scope="session", autouse=True)
def quick_passwords() -> None:
    """Hash the passwords of this process's tests without the half second that a site spends on each."""
    from django.conf import settings

    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(scope="session")
def django_db_modify_db_settings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Put the test database into a file: a run works in threads of its own, which share no database in memory."""
    from django.conf import settings

    database = settings.DATABASES["default"]
    if "sqlite" in database["ENGINE"]:
        database.setdefault("TEST", {})["NAME"] = tmp_path_factory.mktemp("database") / "test.sqlite3"
    yield


@pytest.fixture
def cluster(processes: Cluster) -> Cluster:
    """The `processes` of the folder or the file, all of them running, whatever the test before has done to them."""
    processes.restore()
    return processes


@pytest.fixture
def site(cluster: Cluster) -> Iterator[Balanced]:
    """These processes behind the proxy."""
    with cluster.balanced() as balanced:
        yield balanced


@pytest.fixture(scope="session")
def postgres() -> str:
    """The URL of a PostgreSQL; the test is skipped where there is none, and fails in CI."""
    return services.require("POSTGRES_URL", "postgres://postgres@127.0.0.1:5432/test")


@pytest.fixture(scope="session")
def postgres_template(postgres: str) -> Iterator[str]:
    """The URL of a migrated PostgreSQL database with the demo users, which every test gets a copy of."""
    with new_database(postgres) as url:
        migrate(os.environ | {"DATABASE_URL": url})
        yield url


@pytest.fixture
def postgres_database(postgres: str, postgres_template: str) -> Iterator[str]:
    """The URL of a fresh, migrated PostgreSQL database: `start_server(DATABASE_URL=postgres_database)`."""
    with new_database(postgres, template=postgres_template.rpartition("/")[2]) as url:
        yield url


@contextmanager
def new_database(postgres: str, template: str = "template1") -> Iterator[str]:
    """The URL of a copy of another database; it is dropped in the end."""
    name = f"chatinterface_{secrets.token_hex(8)}"
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute(SQL("CREATE DATABASE {} TEMPLATE {}").format(Identifier(name), Identifier(template)))
        yield f"{postgres.rpartition('/')[0]}/{name}"
        connection.execute(SQL("DROP DATABASE {} WITH (FORCE)").format(Identifier(name)))


@pytest.fixture(scope="session")
def redis() -> str:
    """The URL of a Redis; the test is skipped where there is none, and fails in CI."""
    return services.require("REDIS_URL", "redis://127.0.0.1:6379/0")


@pytest.fixture(scope="session")
def database_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file with the demo users, which every server gets a copy of."""
    return make_database(tmp_path_factory.mktemp("server") / "template.sqlite3")


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory, database_file: Path) -> Iterator[Server]:
    """One real Daphne for all tests that only talk to it."""
    running = Server(tmp_path_factory.mktemp("server"), database_file).start()
    yield running
    running.stop()


@pytest.fixture
def start_server(tmp_path: Path, database_file: Path) -> Iterator[Callable[..., Server]]:
    """Start a Daphne of the test's own: `start_server(CHANNEL_CAPACITY="5")`, the keywords into its environment."""
    started: list[Server] = []

    def start(*, application: str = "project.asgi:application", **extra: str) -> Server:
        directory = tmp_path / f"server{len(started)}"
        directory.mkdir()
        started.append(Server(directory, database_file, extra, application=application))
        return started[-1].start()

    yield start
    for each in started:
        each.stop()


@pytest.fixture
def proxy() -> Iterator[Callable[[Server], Proxy]]:
    """Put a proxy before a server: `proxy(server).cut()`."""
    with ExitStack() as stack:
        yield lambda server: stack.enter_context(Proxy(server.port))
