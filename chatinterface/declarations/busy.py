"""What becomes of a message that is sent while a reply is being written."""

from __future__ import annotations

from typing import Literal, get_args

from chatinterface.declarations.base import Declaration, listed

OnBusy = Literal["reject", "interrupt", "queue", "parallel"]
MODES: tuple[str, ...] = get_args(OnBusy)


class Busy(Declaration):
    """Whether a message waits, is refused, or is answered at once."""

    # What a message does that is sent while a reply is being written: "reject" (it stays in its field, and its sender
    # is told), "interrupt" (stops the reply, whose text so far is kept, and is answered then), "queue" (is answered
    # after it), "parallel" (is answered beside it).
    on_busy: OnBusy = "reject"
    # Panel's name for on_busy="interrupt".
    adaptive: bool = False

    @property
    def takes_turns(self) -> bool:
        """Whether a message may be added while the reply before it is still being written, and be answered later."""
        return self.on_busy in ("interrupt", "queue")

    def settle(self) -> None:
        """See Declaration.settle()."""
        super().settle()
        if self.on_busy not in MODES:
            self.refuse(f"on_busy={self.on_busy!r} must be one of {listed(MODES)}.")
        if self.adaptive and self.on_busy != "interrupt":
            if self._says("on_busy"):
                self.refuse(
                    f"adaptive=True is on_busy='interrupt', but on_busy={self.on_busy!r} says otherwise. Remove one of "
                    "them."
                )
            self.keep("on_busy", "interrupt")
        self.keep("adaptive", self.on_busy == "interrupt")

    def _says(self, name: str) -> bool:
        """Whether the attribute was declared, be it with the value that it has by default."""
        return name in vars(self) or any(name in vars(each) for each in type(self).__mro__ if each is not Busy)
