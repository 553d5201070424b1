from collections.abc import Iterator
from uuid import uuid4

import pytest

from tests.cluster.site import Balanced, Cluster


@pytest.fixture(scope="package")
def processes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """Four processes, for all tests of this folder."""
    with Cluster(tmp_path_factory.mktemp("cluster"), 4) as running:
        yield running


@pytest.fixture
def cluster(processes: Cluster) -> Cluster:
    """The four processes, all of them running, whatever the test before has done to them."""
    processes.restore()
    return processes


@pytest.fixture
def site(cluster: Cluster) -> Iterator[Balanced]:
    """The four processes behind the proxy."""
    with cluster.balanced() as balanced:
        yield balanced


@pytest.fixture
def gate() -> str:
    """Where the replies of a test wait."""
    return uuid4().hex
