import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings as hypothesis_settings

from tests import services

hypothesis_settings.register_profile("dev", max_examples=200, deadline=None)
hypothesis_settings.register_profile("ci", max_examples=2500, deadline=None)
hypothesis_settings.load_profile("ci" if os.environ.get("CI") else "dev")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the browser tests by their folder, and run them last.

    Playwright keeps an event loop running in the thread of its tests, in which no async test could start one.
    """
    browser = Path(__file__).parent / "browser"
    for item in items:
        if item.path.is_relative_to(browser):
            item.add_marker(pytest.mark.browser)
    items.sort(key=lambda item: item.get_closest_marker("browser") is not None)


@pytest.fixture(scope="session")
def django_db_modify_db_settings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Put the test database into a file: a run works in threads of its own, which share no database in memory."""
    from django.conf import settings

    database = settings.DATABASES["default"]
    if "sqlite" in database["ENGINE"]:
        database.setdefault("TEST", {})["NAME"] = tmp_path_factory.mktemp("database") / "test.sqlite3"
    yield


@pytest.fixture(scope="session")
def postgres() -> str:
    """The URL of a PostgreSQL; the test is skipped where there is none, and fails in CI."""
    return services.require("POSTGRES_URL", "postgres://postgres@127.0.0.1:5432/test")


@pytest.fixture(scope="session")
def redis() -> str:
    """The URL of a Redis; the test is skipped where there is none, and fails in CI."""
    return services.require("REDIS_URL", "redis://127.0.0.1:6379/0")
