"""Visitors who do what visitors do, each by a chance of its own that is the same in every run."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Iterator

from benchmarks.load.visitor import (
    PATIENCE,
    Incomplete,
    Site,
    Visitor,
    require_complete,
    require_order,
    require_settled,
)

# Seconds between two looks at a page that is not complete yet.
LOOK = 0.5

# Replies in a conversation, after which its visitor begins another one: a page shows a part of a longer one.
LONGEST = 10


class Mixture:
    """So many visitors at a time, for so long. ``wrong`` says which replies were not as they had to be, and why."""

    def __init__(self, site: Site, tags: Iterator[str], *, visitors: int, seconds: float) -> None:
        self.site = site
        self.replies = 0
        self.wrong: list[str] = []
        self._tags = tags
        self._visitors = visitors
        self._seconds = seconds

    async def run(self) -> None:
        """All of it."""
        until = time.monotonic() + self._seconds
        async with asyncio.TaskGroup() as group:
            for number in range(self._visitors):
                group.create_task(self._visits(random.Random(number), until))

    async def _visits(self, chance: random.Random, until: float) -> None:
        acts: list[Callable[[Visitor, random.Random], Awaitable[None]]] = [
            self._listen, self._listen, self._leave_and_return, self._break_off, self._stop, self._look_around,
        ]  # fmt: skip
        while time.monotonic() < until:
            async with Visitor(self.site) as visitor:
                await visitor.open()
                await visitor.connect()
                for number in range(LONGEST):
                    if number and time.monotonic() >= until:
                        break
                    try:
                        await chance.choice(acts)(visitor, chance)
                    except Incomplete as error:
                        self.wrong.append(str(error))
                        print(f"  {error}", flush=True)
                    await asyncio.sleep(chance.uniform(0, 1))

    async def _listen(self, visitor: Visitor, chance: random.Random) -> None:
        """Ask, and read to the end."""
        tag, count = next(self._tags), chance.randrange(1, 200)
        reply = await visitor.follow(await visitor.ask(count, chance.choice([0, 5, 20]), tag))
        require_complete(reply.page.html, tag, count)
        self.replies += 1

    async def _leave_and_return(self, visitor: Visitor, chance: random.Random) -> None:
        """Close the page in the middle of a reply, and come back."""
        await self._away(visitor, chance, visitor.disconnect)

    async def _break_off(self, visitor: Visitor, chance: random.Random) -> None:
        """Lose the connection in the middle of a reply, and come back."""
        await self._away(visitor, chance, visitor.tear)

    async def _away(self, visitor: Visitor, chance: random.Random, leave: Callable[[], Awaitable[None]]) -> None:
        tag, count = next(self._tags), chance.randrange(20, 200)
        reply = await visitor.ask(count, 20, tag)
        await _begun(reply.began)
        await leave()
        await asyncio.sleep(chance.uniform(0, 1))
        await visitor.reopen()
        await visitor.connect()
        await _eventually(visitor, tag, count)
        self.replies += 1

    async def _stop(self, visitor: Visitor, chance: random.Random) -> None:
        """Ask for more than is wanted, and stop it."""
        tag = next(self._tags)
        reply = await visitor.ask(2000, 20, tag)
        await _begun(reply.began)
        await asyncio.sleep(chance.uniform(0, 0.5))
        await visitor.stop()
        await visitor.follow(reply)
        require_order(reply.page.html, tag)
        self.replies += 1

    async def _look_around(self, visitor: Visitor, chance: random.Random) -> None:
        """Load a page of another conversation, and do nothing there."""
        async with Visitor(self.site) as other:
            await other.open()
            await other.connect()
            await asyncio.sleep(chance.uniform(0, 1))


async def _begun(began: asyncio.Event) -> None:
    try:
        await asyncio.wait_for(began.wait(), PATIENCE)
    except TimeoutError:
        raise Incomplete(f"no text within {PATIENCE:g} s") from None


async def _eventually(visitor: Visitor, tag: str, count: int) -> None:
    """Wait until a page that is loaded now shows all of a reply, and that nothing more follows.

    Raises Incomplete, also for what is out of order.
    """
    deadline = time.monotonic() + PATIENCE
    while True:
        page = await visitor.stored()
        require_order(page, tag)
        try:
            require_complete(page, tag, count)
            require_settled(page)
        except Incomplete:
            if time.monotonic() > deadline:
                raise
        else:
            return
        await asyncio.sleep(LOOK)
