"""How often what a reply has grown by is published: the more an event loop has to do, the more seldom."""

from __future__ import annotations

import asyncio
import time
from weakref import WeakKeyDictionary

# Seconds between two patches of a reply, at least and at most: no screen shows more of them.
INTERVAL = 0.016
WIDEST = 0.5

# Seconds between two patches on the event loop: with more replies at once than fit between two of one of them, each
# waits for the others. What a patch costs, its delivery included, is a third of it.
SPACING = 0.001

# How many times as long as a patch took, the usual lateness included, the next one waits: it keeps a loaded server
# responsive.
RELIEF = 4

# Seconds that a callback which never waits may hold the event loop.
SLICE = 0.001

# What one patch adds to what is known of the lateness: a single late one says little.
WEIGHT = 1 / 32


class Pace:
    """One event loop's."""

    def __init__(self) -> None:
        # When the last patch of those that are still to come is due, unless its reply is slower than others.
        self._last = 0.0
        self._lateness = 0.0
        # What this thread had worked when a callback was last held up for others.
        self._worked = 0.0

    def after(self, began: float, *, late: float, took: float) -> float:
        """When the next patch of a reply may be published, after one that was so late and took so long, in seconds."""
        self._lateness += (late - self._lateness) * WEIGHT
        self._last = min(max(began + INTERVAL, self._last + SPACING), began + WIDEST)
        relief = RELIEF * (took + self._lateness)
        return min(max(self._last, began + relief), began + WIDEST)

    def is_greedy(self) -> bool:
        """Whether it is time for callbacks to let others go on; who is told so does it.

        The thread's own time stands still while all of them wait for something.
        """
        worked = time.thread_time()
        greedy = worked - self._worked > SLICE
        if greedy:
            self._worked = worked
        return greedy


_paces: WeakKeyDictionary[asyncio.AbstractEventLoop, Pace] = WeakKeyDictionary()


def pace() -> Pace:
    """The pace of the running event loop."""
    return _paces.setdefault(asyncio.get_running_loop(), Pace())
