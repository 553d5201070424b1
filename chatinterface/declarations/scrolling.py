"""How the log follows what is new."""

from __future__ import annotations

from chatinterface.declarations.base import Declaration

MOST = 500


class Scrolling(Declaration):
    """The reader's place in the log."""

    # Whether the log follows its end, as long as the reader is there.
    autoscroll: bool = True
    # How near the end, in pixels, the reader has to be for that; 0: it never follows.
    auto_scroll_limit: int = 100
    # How far from the end, in pixels, the button appears that leads back to it; 0: it never does.
    scroll_button_threshold: int = 100
    # Whether a conversation opens at its end, and not at its beginning.
    view_latest: bool = True
    # How many messages are loaded at once: the newest first, older ones as the reader scrolls to them.
    load_buffer: int = 50

    def settle(self) -> None:
        """See Declaration.settle()."""
        super().settle()
        for name in ("auto_scroll_limit", "scroll_button_threshold"):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int) or value < 0:
                self.refuse(f"{name}={value!r} must be a number of pixels, 0 or more.")
        size = self.load_buffer
        if isinstance(size, bool) or not isinstance(size, int) or not 1 <= size <= MOST:
            self.refuse(f"load_buffer={size!r} must be a number of messages, 1 to {MOST}.")
