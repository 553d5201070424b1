"""Taking back what was said."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chatinterface.sessions.base import Session

if TYPE_CHECKING:
    from chatinterface.models import Message


class Withdrawing(Session):
    """As Panel's ``undo`` and ``clear``, but for this: nothing is lost by it, and the visitor can bring it back.

    A callback may take back all that the log shows, what it was called with and what it has said among it: what it says
    from then on stands behind what is left. Elsewhere Busy is raised while a reply is being written.
    """

    def undo(self, count: int = 1) -> list[Message]:
        """Take the last ``count`` messages off the log; returns them, oldest first.

        In an async callback it is done in order with what is yielded, but not waited for, and returns nothing.
        """
        port = self.port
        return port.do(lambda: port.turn(count, "undo")) or []

    async def aundo(self, count: int = 1) -> list[Message]:
        """See undo()."""
        port = self.port
        return await port.ado(lambda: port.turn(count, "undo"))

    def clear(self) -> list[Message]:
        """Take all messages off the log; returns them, oldest first. See undo()."""
        port = self.port
        return port.do(lambda: port.turn(None, "clear")) or []

    async def aclear(self) -> list[Message]:
        """See clear()."""
        port = self.port
        return await port.ado(lambda: port.turn(None, "clear"))
