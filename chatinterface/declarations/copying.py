"""What can be copied out of a chat, and what is added to it then."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from chatinterface.declarations.base import Declaration, listed

BUTTONS = ("share", "copy", "copy_all")


class Copying(Declaration):
    """The buttons that take something out of a chat."""

    callables: ClassVar[tuple[str, ...]] = ("on_copy",)

    # Which of these a chat has: a link to share, a button that copies a message, one that copies the conversation.
    buttons: Sequence[str] = BUTTONS
    # Whether a message has a button that copies it, as Panel calls it.
    show_copy_icon: bool = True
    # A line that is added to what is copied.
    watermark: str = ""
    # Called with (ChatSession, CopyEvent) when a reader copies a message by its button.
    on_copy: Callable[..., Any] | None = None

    def settle(self) -> None:
        """See Declaration.settle()."""
        super().settle()
        if isinstance(self.buttons, str) or not set(self.buttons) <= set(BUTTONS):
            self.refuse(f"buttons={self.buttons!r} must be a list of some of {listed(BUTTONS)}.")
        self.check_called("on_copy", self.on_copy, "session", "event")
        if self.on_copy is not None and not self.copies_messages:
            self.refuse(
                'on_copy is never called without the button that copies a message. Leave "copy" in its buttons.'
            )

    @property
    def copies_messages(self) -> bool:
        """Whether each message has a button that copies it."""
        return self.show_copy_icon and "copy" in self.buttons

    @property
    def copies_all(self) -> bool:
        """Whether the conversation has a button that copies it."""
        return "copy_all" in self.buttons
