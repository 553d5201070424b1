"""What a conversation opens with: a header, a help text, and its first messages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from chatinterface.declarations.base import Declaration

ROLES = ("user", "assistant", "system")


class Opening(Declaration):
    """The top of a chat's log."""

    # What stands at the top of the log: Markdown, or any value that a callback may return.
    header: Any = ""
    # A message named "Help", which is no part of the history and outlives Clear: Markdown, or any such value.
    help_text: Any = ""
    # What every new conversation starts with: Markdown or any such value, each of which is a reply, ChatMessages, or
    # {"role", "content"} dicts.
    initial_messages: Sequence[Any] = ()

    def settle(self) -> None:
        """See Declaration.settle()."""
        super().settle()
        if isinstance(self.initial_messages, str | Mapping) or not isinstance(self.initial_messages, Sequence):
            self.refuse(f"initial_messages={self.initial_messages!r} must be a list of texts or of messages.")
        for each in self.initial_messages:
            if isinstance(each, Mapping) and each.get("role", "assistant") not in ROLES:
                self.refuse(f"initial_messages has the role {each['role']!r}: write one of {', '.join(ROLES)}.")
