"""An event loop whose clock moves only when all its tasks wait: a sleep takes no time, and exactly as long as asked."""

import asyncio
import selectors
from collections.abc import Callable, Coroutine
from functools import wraps
from typing import Any, ParamSpec

P = ParamSpec("P")


class Clockwork(asyncio.SelectorEventLoop):
    """Its time begins at 0."""

    def __init__(self) -> None:
        self.now = 0.0
        super().__init__(_Selector(self))

    def time(self) -> float:
        return self.now

    def work(self, seconds: float) -> None:
        """Let so much time go by, as if something held up the loop."""
        self.now += seconds


class _Selector(selectors.DefaultSelector):
    def __init__(self, clock: Clockwork) -> None:
        super().__init__()
        self._clock = clock

    def select(self, timeout: float | None = None) -> Any:
        """Wait for a file, or let the time until the next timer go by at once."""
        if timeout is None:
            return super().select()
        self._clock.now += max(timeout, 0.0)
        return super().select(0)


def clockwork(test: Callable[P, Coroutine[Any, Any, None]]) -> Callable[P, None]:
    """Run an async test on such a loop."""

    @wraps(test)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        with asyncio.Runner(loop_factory=Clockwork) as runner:
            runner.run(test(*args, **kwargs))

    return run


def clock() -> Clockwork:
    """The loop that the test runs on."""
    loop = asyncio.get_running_loop()
    assert isinstance(loop, Clockwork)
    return loop
