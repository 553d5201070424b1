"""What a reader may think of a message, and who is told."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, ClassVar, Literal

from chatinterface.declarations.base import Declaration, listed

MODES = ("never", "manual")

# The options that are thumbs, by these very letters; all others stand in a menu.
LIKE, DISLIKE = "Like", "Dislike"
THUMBS = (LIKE, DISLIKE)

# As many characters as the database has room for.
LONGEST_OPTION = 100


class Flagging(Declaration):
    """Flags: a reader's thumbs and remarks, for staff to review."""

    callables: ClassVar[tuple[str, ...]] = ("on_like", "on_flag")

    # Whether readers can flag replies: "never", or "manual", by buttons under each of them.
    flagging_mode: Literal["never", "manual"] = "never"
    # What a reply can be flagged with. "Like" and "Dislike" are thumbs, all others stand in a menu.
    flagging_options: Sequence[str] = THUMBS
    # The options by the name that they have in Gradio's Chatbot; instead of flagging_options.
    feedback_options: Sequence[str] | None = None
    # A directory to whose log.csv each flag is appended as well, in Gradio's columns.
    flagging_dir: str | Path | None = None
    # Whether readers can flag their own messages too.
    like_user_message: bool = False
    # Called with (ChatSession, LikeEvent) when a reader flags a message, changes their mind, or takes it back. With it
    # the buttons are there in every flagging_mode.
    on_like: Callable[..., Any] | None = None
    # Called with (ChatSession, FlagEvent) when a flag is made, changed, commented or taken back.
    on_flag: Callable[..., Any] | None = None

    @property
    def flagged(self) -> bool:
        """Whether readers can flag messages."""
        return self.flagging_mode == "manual" or self.on_like is not None

    @property
    def thumbs(self) -> list[str]:
        """The options that are thumbs."""
        return [option for option in THUMBS if option in self.flagging_options]

    @property
    def remarks(self) -> list[str]:
        """The options that stand in the menu."""
        return [option for option in self.flagging_options if option not in THUMBS]

    def settle(self) -> None:
        """See Declaration.settle()."""
        super().settle()
        if self.flagging_mode not in MODES:
            self.refuse(f"flagging_mode={self.flagging_mode!r} must be one of {listed(MODES)}.")
        declared = self._settle_options()
        if self.flagging_dir is not None and not (self.flagging_dir and isinstance(self.flagging_dir, str | Path)):
            self.refuse(f"flagging_dir={self.flagging_dir!r} is no directory. Write a path, or None for no log.csv.")
        for name in ("on_like", "on_flag"):
            self.check_called(name, getattr(self, name), "session", "event")
        unused = [*declared, *(name for name in ("flagging_dir", "on_flag") if getattr(self, name) is not None)]
        if unused and not self.flagged:
            self.refuse(f'{unused[0]} is never used with flagging_mode="never". Write flagging_mode="manual".')

    def _settle_options(self) -> list[str]:
        """Take the options from where they are declared, whose name is returned; none of those that all chats have."""
        name = "flagging_options" if self.feedback_options is None else "feedback_options"
        given = getattr(self, name)
        options = [] if isinstance(given, str) or not isinstance(given, Sequence) else list(given)
        named = all(isinstance(option, str) and 0 < len(option.strip()) <= LONGEST_OPTION for option in options)
        if not options or not named or len(set(options)) < len(options):
            self.refuse(
                f"{name}={given!r} must be a list of different names, each of at most {LONGEST_OPTION} characters, "
                f"like {THUMBS!r}."
            )
        self.keep("flagging_options", tuple(options))
        return [] if given is THUMBS else [name]
