"""What the chat `script` does: as it is told, so that a test knows what the page has to show.

| message          | reply                                                                           |
|------------------|---------------------------------------------------------------------------------|
| `stream N D`     | N numbered words, D milliseconds apart                                          |
| `silent S`       | three words, after S seconds                                                    |
| `block S`        | a sentence, after S seconds, in which the chat `blocking_script` holds a thread  |
| `large N`        | N characters at once                                                            |
| `markdown`       | the tour of Markdown, as fast as it comes                                       |
| `raise [N]`      | N words (0), then a RuntimeError                                                |
| `hold NAME [N]`  | N words (3), and N more once somebody sends `release NAME` in another chat      |
| `around NAME A/B`| A, and B word by word once it is released; with the escape sequences of `say`   |
| `state NAME`     | what became of it: `unknown`, `holding`, `released` or `cancelled`              |
| `say TEXT`       | TEXT, escape sequences such as `\\n` resolved                                     |
"""

import asyncio
import re
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterator

from project import tour

SECRET = "internals that no user may see"


class Gate:
    """Where replies wait until a test lets them go on."""

    def __init__(self) -> None:
        self.open = asyncio.Event()
        self.state = "unknown"

    async def wait(self) -> None:
        """Wait for the gate to open, and remember how that ended."""
        self.state = "holding"
        try:
            await self.open.wait()
        except BaseException:
            self.state = "cancelled"
            raise
        self.state = "released"


gates: defaultdict[str, Gate] = defaultdict(Gate)

# A reply is made of text, of seconds to wait, and of gates to wait at.
Steps = Iterator[str | float | Gate]


def words(first: int, count: int) -> Iterator[str]:
    """Numbered words: `word0 word1 …`."""
    return (f"word{number} " for number in range(first, first + count))


def stream(count: str, milliseconds: str = "0") -> Steps:
    for word in words(0, int(count)):
        yield word
        yield int(milliseconds) / 1000


def block(seconds: str) -> Steps:
    yield float(seconds)
    yield f"blocked for {seconds} s"


def silent(seconds: str) -> Steps:
    yield float(seconds)
    yield from words(0, 3)


def large(length: str) -> Steps:
    size = int(length)
    paragraph = "".join(words(0, 20)).rstrip() + "\n\n"
    yield (paragraph * (size // len(paragraph) + 1))[:size]


def markdown() -> Steps:
    for word in tour.WORDS:
        yield word
        yield 0.0


def fail(count: str = "0") -> Steps:
    yield from words(0, int(count))
    raise RuntimeError(SECRET)


def hold(name: str, count: str = "3") -> Steps:
    yield from words(0, int(count))
    yield gates[name]
    yield from words(int(count), int(count))


def around(name: str, *text: str) -> Steps:
    before, after = unescaped(*text).split("/", 1)
    yield before
    yield gates[name]
    for word in re.split(r"(?<= )", after):
        yield word
        yield 0.01


def release(name: str) -> Steps:
    gates[name].open.set()
    yield f"released {name}"


def state(name: str) -> Steps:
    yield gates[name].state


def say(*text: str) -> Steps:
    yield unescaped(*text)


def unescaped(*text: str) -> str:
    return " ".join(text).encode("latin-1", "backslashreplace").decode("unicode_escape")


COMMANDS: dict[str, Callable[..., Steps]] = {
    "stream": stream,
    "block": block,
    "silent": silent,
    "large": large,
    "markdown": markdown,
    "raise": fail,
    "hold": hold,
    "around": around,
    "release": release,
    "state": state,
    "say": say,
}


def steps(message: str) -> Steps:
    """The steps of the reply to a message. Raises KeyError for an unknown command, TypeError for wrong arguments."""
    command, *arguments = message.split(" ")
    return COMMANDS[command](*arguments)


async def run(message: str) -> AsyncIterator[str]:
    """The reply to a message, token by token."""
    for step in steps(message):
        if isinstance(step, str):
            yield step
        elif isinstance(step, Gate):
            await step.wait()
        else:
            await asyncio.sleep(step)


def expected(message: str) -> str:
    """The whole text of the reply to a message that ends by itself."""
    return "".join(step for step in steps(message) if isinstance(step, str))
