"""What visitors may change of what was said, and what is called when they do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, Literal

from chatinterface.declarations.base import Declaration, listed

EDITABLE = ("user", "all")


class Versions(Declaration):
    """Edit, rerun, undo and clear."""

    callables: ClassVar[tuple[str, ...]] = ("edit_callback", "on_retry", "on_undo", "on_clear", "on_edit")

    # Which messages visitors may edit: None for none, "user" for their own (which are answered anew), "all" for replies
    # too (which are not). Gradio's True is "user".
    editable: Literal["user", "all"] | bool | None = None
    # Called as edit_callback(contents, message_index, instance) when a message was edited. Declared alone, it lets
    # visitors edit their own messages, and decides what is done about it: they are not answered anew by themselves.
    edit_callback: Callable[..., Any] | None = None
    # Whether the buttons are there: run a reply again; take back the last message; begin anew.
    show_rerun: bool = True
    show_undo: bool = True
    show_clear: bool = True
    # Called with (ChatSession, event) when a visitor has a reply written anew (RetryEvent), takes back the last message
    # (UndoEvent), clears the conversation (ClearEvent), or edits a message (EditEvent).
    on_retry: Callable[..., Any] | None = None
    on_undo: Callable[..., Any] | None = None
    on_clear: Callable[..., Any] | None = None
    on_edit: Callable[..., Any] | None = None

    def settle(self) -> None:
        """See Declaration.settle()."""
        super().settle()
        if isinstance(self.editable, bool):
            self.keep("editable", "user" if self.editable else None)
        if self.editable not in (None, *EDITABLE):
            self.refuse(f"editable={self.editable!r} must be None or one of {listed(EDITABLE)}.")
        self.check_called("edit_callback", self.edit_callback, "contents", "index", "instance")
        for name in ("on_retry", "on_undo", "on_clear", "on_edit"):
            self.check_called(name, getattr(self, name), "session", "event")

    def may_edit(self, role: str) -> bool:
        """Whether visitors may edit messages of this role."""
        if role == "assistant":
            return self.editable == "all"
        return role == "user" and bool(self.editable or self.edit_callback)
