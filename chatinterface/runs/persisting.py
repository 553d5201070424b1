"""Database calls of a run that must not fail because the database is away for a while."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from itertools import chain, repeat
from typing import TypeVar, TypeVarTuple

from django.db import InterfaceError, OperationalError

from chatinterface.models import Run
from chatinterface.outages import away
from chatinterface.threads import in_database

T = TypeVar("T")
Ts = TypeVarTuple("Ts")

# Seconds for which it is tried while the database is away, and those before each further try, the last again and again.
PATIENCE = 300.0
PAUSES = (0.2, 1.0, 3.0)


async def persistently(run: Run, call: Callable[[*Ts], T], *args: *Ts, failed: str, event: str) -> T:
    """Make a call in a database thread, again and again while the database is away; returns what it returns.

    Each failure is logged by the sentence ``failed``. Raises OperationalError or InterfaceError where it is away for
    longer than five minutes.
    """
    deadline = time.monotonic() + PATIENCE
    pauses = chain(PAUSES, repeat(PAUSES[-1]))
    while True:
        try:
            return await in_database(call, *args)
        except (OperationalError, InterfaceError) as error:
            if time.monotonic() > deadline:
                raise
            away(f"{failed}, trying again: %s", error, event=event, run=run.pk)
        await asyncio.sleep(next(pauses))
