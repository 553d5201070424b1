"""What a chat's page says, and as whom."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_lazy as _

from chatinterface.declarations.base import Declaration

if TYPE_CHECKING:
    from django.utils.functional import _StrOrPromise

NAME = re.compile(r"[a-zA-Z0-9_-]{1,100}")


class Page(Declaration):
    """The page of a chat."""

    # The name in the address; by default the callback's or the subclass's own.
    name: str = ""
    # The heading and the browser tab's title; by default made from the name.
    title: _StrOrPromise = ""
    # Markdown below the title.
    description: _StrOrPromise = ""
    # Markdown shown while the conversation is empty.
    placeholder: _StrOrPromise = ""
    # Who sends and who replies, as shown above the messages; and what stands beside it: a character or an emoji.
    user: _StrOrPromise = _("You")
    avatar: Any = ""
    callback_user: _StrOrPromise = _("Assistant")
    callback_avatar: Any = ""
    # Said beside the waiting mark, which is shown when the reply has not begun after so many seconds (0: never).
    placeholder_text: _StrOrPromise = ""
    placeholder_threshold: float = 1.0
    # Whether a dot shows that a reply is still being written.
    show_activity_dot: bool = True

    # Gradio's, whose chats report how they are used unless this is False. Here nothing is ever reported to anybody.
    analytics_enabled: bool | None = None

    if TYPE_CHECKING:

        @property
        def function(self) -> Callable[..., Any]: ...

    def settle(self) -> None:
        """See Declaration.settle(); names the chat that has been given no name."""
        own = "" if type(self).__module__.startswith("chatinterface.") else type(self).__name__
        own = own or getattr(self.function, "__name__", "")
        self.keep("name", self.name or re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", own).lower())
        self.keep("title", self.title or str(self.name).replace("_", " ").replace("-", " ").capitalize())
        super().settle()
        if not isinstance(self.name, str) or not NAME.fullmatch(self.name):
            self.refuse(f"name={self.name!r} cannot stand in an address. Give name=… of letters, digits, '-' and '_'.")
        if self.analytics_enabled not in (None, True, False):
            self.refuse(f"analytics_enabled={self.analytics_enabled!r} must be True, False or None.")
        threshold = self.placeholder_threshold
        if isinstance(threshold, bool) or not isinstance(threshold, int | float) or threshold < 0:
            self.refuse(f"placeholder_threshold={threshold!r} must be a number of seconds, 0 or more.")
