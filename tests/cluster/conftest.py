from collections.abc import Iterator
from uuid import uuid4

import pytest

from tests.cluster.site import Cluster


@pytest.fixture(scope="package")
def processes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """Four processes, for all tests of this folder."""
    with Cluster(tmp_path_factory.mktemp("cluster"), 4) as running:
        yield running


@pytest.fixture
def gate() -> str:
    """Where the replies of a test wait."""
    return uuid4().hex
