"""The demo site's settings, and an address at which the server says what it holds."""

from project.settings import *  # noqa: F403

ROOT_URLCONF = "benchmarks.load.urls"
