"""What a conversation opens with: a header, a help text, and its first messages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from chatinterface.declarations.base import Declaration

if TYPE_CHECKING:
    from django.utils.functional import _StrOrPromise

ROLES = ("user", "assistant", "system")


class Opening(Declaration):
    """The top of a chat's log."""

    # Markdown at the top of the log.
    header: _StrOrPromise = ""
    # Markdown of a message named "Help", which is no part of the history and outlives Clear.
    help_text: _StrOrPromise = ""
    # What every new conversation starts with: texts, which are replies, or {"role", "content"} dicts.
    initial_messages: Sequence[Any] = ()

    def settle(self) -> None:
        """See Declaration.settle()."""
        super().settle()
        if isinstance(self.initial_messages, str | Mapping) or not isinstance(self.initial_messages, Sequence):
            self.refuse(f"initial_messages={self.initial_messages!r} must be a list of texts or of messages.")
        for each in self.initial_messages:
            if isinstance(each, Mapping) and each.get("role", "assistant") not in ROLES:
                self.refuse(f"initial_messages has the role {each['role']!r}: write one of {', '.join(ROLES)}.")
