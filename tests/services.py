import os
import shutil
import socket
from urllib.parse import urlsplit

import pytest

# For CACHES: a Redis that is away. Nobody listens on what was the port of the discard protocol.
UNREACHABLE_CACHE = {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": "redis://127.0.0.1:9"}

CI = bool(os.environ.get("CI"))


def missing(what: str) -> None:
    """Skip the test, and fail it in CI, where everything has to be there."""
    if CI:
        pytest.fail(f"{what}; in CI it has to be there", pytrace=False)
    pytest.skip(what)


def require(variable: str, default: str) -> str:
    """The URL that the variable gives, once something listens there."""
    url = os.environ.get(variable, default)
    parts = urlsplit(url)
    try:
        socket.create_connection((parts.hostname, parts.port), timeout=30).close()
    except OSError as error:
        missing(f"nothing listens at {url} ({error}; {variable} names another place)")
    return url


def chromium() -> str:
    """The path of a Chromium."""
    names = [os.environ.get("CHROMIUM"), "chromium", "chromium-browser", "google-chrome", "google-chrome-stable"]
    for name in filter(None, names):
        if path := shutil.which(name):
            return path
    missing("there is no Chromium")
    raise AssertionError("unreachable")


def nginx() -> str:
    """The path of an nginx; Debian's is where only root looks for programs."""
    path = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    if path is None:
        missing("there is no nginx")
        raise AssertionError("unreachable")
    return path
