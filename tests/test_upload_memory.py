from collections.abc import Callable

from scripts.upload_memory import measure
from tests.server import Server

# Megabytes.
ALLOWED = 20


def test_large_file_costs_no_memory(start_server: Callable[..., Server]) -> None:
    measured = measure(start_server(), 100)
    assert measured.uploading < ALLOWED
    assert measured.downloading < ALLOWED
    assert measured.neglecting < ALLOWED
