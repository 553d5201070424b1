"""The demo site's settings, and an address at which the server says what it holds."""

from project.settings import *  # noqa: F403
from project.settings import DATABASES

ROOT_URLCONF = "benchmarks.load.urls"

# A connection's cache of pages grows with the database until it is full: one of 256 kB is full after the warm-up,
# so that what grows later is what is looked for.
DATABASES["default"]["OPTIONS"]["init_command"] += " PRAGMA cache_size=-256;"
