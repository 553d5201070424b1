"""Steps: what a callback shows of its way to the reply."""

from __future__ import annotations

import traceback
from contextlib import suppress
from contextvars import ContextVar
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, Self

from django.conf import settings
from django.utils.translation import gettext as _

from chatinterface.content.components.base import Part
from chatinterface.content.storable import text
from chatinterface.exceptions import Ended
from chatinterface.sessions.base import Session

if TYPE_CHECKING:
    from chatinterface.port import Port, Shown

# Marks what was raised in a step that has told its reader.
TOLD = "_chatinterface_told"

# The innermost step that the code is in.
_current: ContextVar[Step | None] = ContextVar("step", default=None)

Status = Literal["pending", "running", "success", "failed", "stopped"]
STATES = ("pending", "running", "success", "failed", "stopped")


class Step:
    """A step of the reply: a title, a status, and a body that opens below it.

    As a context manager, plain or async, it runs from the beginning of the block to its end: ``success`` where nothing
    was raised, ``failed`` where something was, which is raised again, ``stopped`` where the reply was. A status that
    was set in the block stays. It follows Panel's ``ChatStep``, but for this: it is never left running when its run has
    ended, an exception is a failure whatever the chat's ``callback_exception`` is, and what it says of one tells no
    internals.
    """

    def __init__(self, port: Port, title: str, parent: Step | None, options: dict[str, Any]) -> None:
        self._port = port
        self._parent = parent
        self._shown: Shown = None
        self._outer: Step | None = None
        self._options = options
        self.title = text(title)
        self.status: Status = options["status"]

    @property
    def id(self) -> str | None:
        """Its id in the message; None while it waits for its turn."""
        return self._shown.part.id if self._shown is not None else None

    def belongs_to(self, port: Port) -> bool:
        """Whether it is a step of this run."""
        return self._port is port

    # What is done on the run's event loop

    async def place(self) -> None:
        """Show it, at the end of the reply or of the step that it is in."""
        parent = self._parent._shown if self._parent is not None else None
        self._shown = await self._port.add_step(self._part(), parent)

    def _part(self) -> Part:
        open_ = self.status != "success" or not self._options["collapsed_on_success"]
        return {
            "type": "step",
            "title": self.title,
            "status": self.status,
            "open": open_ and not self._options["collapsed"],
        }

    async def _show(self) -> None:
        if self._shown is not None:
            part = self._part()
            await self._port.turn_step(self._shown, title=part["title"], status=part["status"], open=part["open"])

    async def _fill(self, value: object, *, replace: bool) -> None:
        if self._shown is not None:
            await self._port.fill_step(self._shown, value, replace=replace)

    async def _turn(self, status: Status | None, title: str | None) -> None:
        self._note(status, title)
        await self._show()

    def _note(self, status: Status | None, title: str | None) -> None:
        if status is not None and status not in STATES:
            raise ValueError(f"A step's status is one of {', '.join(STATES)}, and not {status!r}.")
        self.status = status or self.status
        self.title = self.title if title is None else text(title)

    # What callbacks call

    def update(self, *, status: Status | None = None, title: str | None = None) -> None:
        """Change the status or the title."""
        self._note(status, title)
        self._port.do(self._show)

    async def aupdate(self, *, status: Status | None = None, title: str | None = None) -> None:
        """See update()."""
        self._note(status, title)
        await self._port.ado(self._show)

    def stream(self, value: object, *, replace: bool = False) -> None:
        """Add to what is in it: text, or any value that a callback may return. With ``replace``, that is all of it."""
        self._port.do(lambda: self._fill(value, replace=replace))

    async def astream(self, value: object, *, replace: bool = False) -> None:
        """See stream()."""
        await self._port.ado(lambda: self._fill(value, replace=replace))

    def stream_title(self, title: str, *, replace: bool = False) -> None:
        """Add to the title, or let this be the title."""
        self.update(title=title if replace else self.title + title)

    async def astream_title(self, title: str, *, replace: bool = False) -> None:
        """See stream_title()."""
        await self.aupdate(title=title if replace else self.title + title)

    def __enter__(self) -> Self:
        if self.status == "pending":
            self.update(status="running")
        self._outer = _current.get()
        _current.set(self)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        _current.set(self._outer)
        status, said = self._end(error)
        # Who goes on after the run's end is told so once.
        with suppress(Ended):
            if said:
                self.stream(said)
            self.update(status=status)

    async def __aenter__(self) -> Self:
        self.__enter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # Not awaited: a callback that is cancelled gets no time for it.
        self.__exit__(kind, error, trace)

    def _end(self, error: BaseException | None) -> tuple[Status, str]:
        if error is None:
            return self.status if self.status in ("failed", "success", "stopped") else "success", ""
        return "stopped" if self._port.stopped else "failed", self._said(error)

    def _said(self, error: BaseException) -> str:
        # The innermost step has said it.
        if not isinstance(error, Exception) or getattr(error, TOLD, False):
            return ""
        with suppress(AttributeError):
            setattr(error, TOLD, True)
        if self._options["verbose"]:
            return f"\n\n~~~~pytb\n{text(''.join(traceback.format_exception(error))).replace('~~~~', '~~~')}\n~~~~\n"
        if settings.DEBUG:
            return "\n\n" + " ".join(text("".join(traceback.format_exception_only(error))).split())
        return "\n\n" + _("This step could not be completed.")


class Stepping(Session):
    """Steps of the reply that is being written."""

    def add_step(
        self,
        title: str,
        value: object = None,
        *,
        parent: Step | None = None,
        status: Status = "pending",
        collapsed: bool = False,
        collapsed_on_success: bool = True,
    ) -> Step:
        """Add a step to the reply, or to the step ``parent``, by default the one whose block this is in.

        ``value`` is what is in it. Use it as a context manager, or end it by ``update(status="success")``; a run that
        ends ends its steps. It is open from the beginning unless ``collapsed``, and closes on success unless its reader
        has opened or closed it.
        """
        step = self._step(title, parent, status, collapsed=collapsed, collapsed_on_success=collapsed_on_success)
        self.port.do(step.place)
        if value is not None:
            step.stream(value)
        return step

    async def aadd_step(
        self,
        title: str,
        value: object = None,
        *,
        parent: Step | None = None,
        status: Status = "pending",
        collapsed: bool = False,
        collapsed_on_success: bool = True,
    ) -> Step:
        """See add_step()."""
        step = self._step(title, parent, status, collapsed=collapsed, collapsed_on_success=collapsed_on_success)
        await self.port.ado(step.place)
        if value is not None:
            await step.astream(value)
        return step

    def _step(self, title: str, parent: Step | None, status: Status, **options: bool) -> Step:
        if status not in STATES:
            raise ValueError(f"A step's status is one of {', '.join(STATES)}, and not {status!r}.")
        outer = _current.get()
        if parent is None and outer is not None and outer.belongs_to(self.port):
            parent = outer
        verbose = self.interface.callback_exception in ("verbose", "traceback")
        return Step(self.port, title, parent, {**options, "status": status, "verbose": verbose})
