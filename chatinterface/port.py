"""The port between a session and its run: what a callback can have done while it runs."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any, NamedTuple, ParamSpec, Protocol, TypeVar

if TYPE_CHECKING:
    from uuid import UUID

    from chatinterface.content.components.base import Part
    from chatinterface.interface import ChatInterface
    from chatinterface.models import Conversation, Message, Run
    from chatinterface.withdrawal import By

P = ParamSpec("P")
T = TypeVar("T")

# A message that is being written, and something that is shown in one: for the run alone to look into.
Writing = Any
Shown = Any


class Inquiry(NamedTuple):
    """What is to be asked of the reader: see ChatSession.prompt_user()."""

    question: Any
    predicate: Callable[[Any], Any] | None = None
    timeout: float | None = None
    title: str = ""
    label: str = ""
    initial: Any = None
    submit: str = ""
    timeout_message: str = ""
    # Whether it stands in a message of its own: what a callback yields next may be all of the reply.
    apart: bool = False


class Asked(Protocol):
    """A question that is shown."""

    loop: asyncio.AbstractEventLoop

    async def answer(self) -> Any:
        """Wait for a valid answer, and return it. Raises PromptTimeout, Ended."""


class Port(Protocol):
    """What can be had done in a conversation: by its run, and where none is going on by the site.

    All of it belongs to the run's event loop, but ``stopped``, ``stop`` and ``do``, which any thread may call.
    """

    run: Run

    @property
    def stopped(self) -> bool:
        """Whether the run was stopped."""

    @property
    def message(self) -> Message:
        """The reply: the message that what the callback yields goes to."""

    def stop(self) -> bool:
        """Stop the run; whether there was anything to be stopped."""

    def do(self, operation: Callable[[], Coroutine[Any, Any, T]]) -> T | None:
        """Have it done after all that was yielded and asked for before.

        In a thread it waits for the result. On the run's own event loop it does not, and returns None: what the
        operation raises is logged. Raises Ended where the run has ended.
        """

    async def ado(self, operation: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """See do(); waits for the result."""

    async def show(self, value: object, writing: Writing | None = None) -> list[Shown]:
        """Show a value at the end of a message, by default of the reply. Text is no part that can be replaced."""

    async def replace(self, shown: Shown, value: object) -> None:
        """Show a value in the place of another."""

    async def begin(self, user: str = "", avatar: str = "") -> Writing:
        """Add a message to the log."""

    async def say(self, writing: Writing, value: object, *, replace: bool = False, whole: bool = False) -> None:
        """Add to a message, or let the value be all of it. Its texts are pieces of one, unless they are ``whole``."""

    async def complete(self, writing: Writing) -> None:
        """Nothing more is written to this message."""

    async def add_step(self, part: Part, parent: Shown | None = None, writing: Writing | None = None) -> Shown:
        """Add a step (a part without id) to another step, or to a message."""

    async def turn_step(self, step: Shown, **changes: Any) -> None:
        """Change what is said of a step."""

    async def fill_step(self, step: Shown, value: object, *, replace: bool = False) -> None:
        """Add to what is in a step, or let the value be all of it."""

    async def ask(self, inquiry: Inquiry) -> Asked:
        """Show a question in the reply."""

    async def respond(self, writing: Writing | None = None) -> None:
        """Have the callback called with a message that is complete, or with the last one.

        Where it is the callback itself that asks: again, when it has returned.
        """

    async def turn(self, count: int | None, by: By) -> list[Message]:
        """Take the last ``count`` messages off the path that is shown, or all; returns them, oldest first."""

    async def store(self, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Have something done with the database."""

    async def publish(self, frame: dict[str, Any]) -> None:
        """Tell all open pages of the conversation."""

    def expect(self, key: str) -> asyncio.Future[Any]:
        """What ``events.tell`` tells the run under this key, in whatever process; cancelled when the run ends."""


class Outside(Protocol):
    """How the site itself gets at a conversation, where no callback does: this module is below those that know."""

    def find(self, conversation: Conversation | UUID | str) -> tuple[ChatInterface, Conversation]:
        """A conversation as it is now, and its chat. See ChatSession.get()."""

    def port(self, interface: ChatInterface, conversation: Conversation) -> Port:
        """The port of a session that belongs to no run."""


_outside: list[Outside] = []


def provide(outside: Outside) -> None:
    """Say how it is done, when the app is ready."""
    _outside[:] = [outside]


def outside() -> Outside:
    """How it is done."""
    return _outside[0]
