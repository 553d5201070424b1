"""Database calls of a run that must not fail because the database is away for a while."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

from django.db import InterfaceError, OperationalError

from chatinterface.models import Run
from chatinterface.outages import away
from chatinterface.threads import in_database

T = TypeVar("T")

# Seconds to wait before each further try while the database is away: five minutes in all.
RETRIES = (0.2, 1.0, *[3.0] * 100)


async def persistently(run: Run, call: Callable[[], T], *, failed: str, event: str) -> T:
    """Make a call in a database thread, again and again while the database is away; returns what it returns.

    Each failure is logged by the sentence ``failed``. Raises OperationalError or InterfaceError where it is away for
    longer than five minutes.
    """
    for delay in RETRIES:
        try:
            return await in_database(call)
        except (OperationalError, InterfaceError) as error:
            away(f"{failed}, trying again: %s", error, event=event, run=run.pk)
            await asyncio.sleep(delay)
    return await in_database(call)
