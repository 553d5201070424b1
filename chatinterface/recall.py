"""The site's default cache, which may be away as any server: nothing that is said waits for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from django.db import DatabaseError, InterfaceError

from chatinterface.outages import away

T = TypeVar("T")


def recalled(call: Callable[[], T], otherwise: T) -> T:
    """What a call of the cache returns, or ``otherwise`` where it fails, which is logged.

    Where the cache is the database, its errors are the database's, and raised.
    """
    try:
        return call()
    except (DatabaseError, InterfaceError):
        raise
    except Exception as error:  # Each client of a cache raises what it likes.
        away("The cache is away: %s", error, event="cache.failed")
        return otherwise
