"""Telling the reader how far things are, and what happens beside the reply."""

from __future__ import annotations

from functools import partial
from typing import Literal

from chatinterface import events
from chatinterface.content.components.facts import Progress
from chatinterface.content.markdown import normalise
from chatinterface.sessions.base import Session

LEVELS = ("info", "success", "warning", "error")

# The most characters of a notice.
LONGEST = 1_000


class Telling(Session):
    """What a ChatSession tells its reader besides the reply."""

    def notify(self, text: str, level: Literal["info", "success", "warning", "error"] = "info") -> None:
        """Show a note to all who have the conversation open, for some seconds. It is kept nowhere, as Gradio's Info,
        Success and Warning; an "error" stays until it is dismissed. Hooks can call it, too.

        Raises ValueError for another level.
        """
        port = self.port
        port.do(partial(port.publish, _notice(text, level)))

    async def anotify(self, text: str, level: Literal["info", "success", "warning", "error"] = "info") -> None:
        """See notify()."""
        port = self.port
        await port.ado(partial(port.publish, _notice(text, level)))

    def progress(self, value: float | None, total: float = 100, text: str = "", *, key: str = "progress") -> None:
        """Show in the reply how far something is: ``value`` of ``total``, with a text. None: for an unknown time.

        The next call lets the same bar advance; another ``key`` is another bar. As Gradio's Progress.
        """
        port, bar = self.port, Progress(value, total, text, key=key)
        port.do(lambda: port.show(bar))

    async def aprogress(
        self, value: float | None, total: float = 100, text: str = "", *, key: str = "progress"
    ) -> None:
        """See progress()."""
        port, bar = self.port, Progress(value, total, text, key=key)
        await port.ado(lambda: port.show(bar))


def _notice(text: str, level: str) -> events.Frame:
    if level not in LEVELS:
        raise ValueError(f"level={level!r} must be one of {', '.join(LEVELS)}.")
    return {"type": events.NOTICE, "text": normalise(str(text))[:LONGEST], "level": level}
