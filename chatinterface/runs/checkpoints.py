"""When what was said so far is stored: of all replies that are due on an event loop together."""

from __future__ import annotations

import asyncio
import contextvars
from weakref import WeakKeyDictionary

from chatinterface import conf, replies
from chatinterface.replies import Kept
from chatinterface.threads import in_database

# The most runs that one transaction stores: others who write wait for it.
MOST = 200


class Checkpoints:
    """Those of one event loop."""

    def __init__(self) -> None:
        self._began = asyncio.get_running_loop().time()
        self._due: list[tuple[Kept, asyncio.Future[int | None]]] = []
        self._task: asyncio.Task[None] | None = None

    def until_next(self) -> float:
        """Seconds until the next one: all replies have theirs at the same time."""
        interval = conf.get().checkpoint
        return interval - (asyncio.get_running_loop().time() - self._began) % interval

    async def store(self, kept: Kept) -> int | None:
        """Have replies.checkpoint() done, together with those that are asked for meanwhile."""
        stored: asyncio.Future[int | None] = asyncio.get_running_loop().create_future()
        self._due.append((kept, stored))
        if self._task is None:
            # A context of its own: it is nobody's more than another's.
            self._task = asyncio.create_task(self._work(), context=contextvars.Context())
        return await stored

    async def _work(self) -> None:
        try:
            while self._due:
                due, self._due = self._due[:MOST], self._due[MOST:]
                outcomes = await self._outcomes([kept for kept, _stored in due])
                for (_kept, stored), outcome in zip(due, outcomes, strict=True):
                    if stored.done():
                        continue
                    if isinstance(outcome, Exception):
                        stored.set_exception(outcome)
                    else:
                        stored.set_result(outcome)
        finally:
            self._task = None

    async def _outcomes(self, kept: list[Kept]) -> list[int | Exception | None]:
        try:
            return await in_database(replies.checkpoints, kept)
        except Exception as error:
            return [error] * len(kept)


_checkpoints: WeakKeyDictionary[asyncio.AbstractEventLoop, Checkpoints] = WeakKeyDictionary()


def checkpoints() -> Checkpoints:
    """The checkpoints of the running event loop."""
    return _checkpoints.setdefault(asyncio.get_running_loop(), Checkpoints())
