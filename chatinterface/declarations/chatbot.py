"""A chat's log, declared in one piece."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chatinterface.declarations.appearance import Appearance
from chatinterface.declarations.copying import Copying
from chatinterface.declarations.markup import Markup
from chatinterface.declarations.opening import Opening
from chatinterface.declarations.scrolling import Scrolling
from chatinterface.spelling import nearest

# What Gradio declares of its Chatbot, by the names that the chat itself has them by.
NAMES = frozenset(
    {
        "allow_file_downloads",
        "allow_tags",
        "autoscroll",
        "avatar_images",
        "buttons",
        "editable",
        "feedback_options",
        "group_consecutive_messages",
        "height",
        "latex_delimiters",
        "layout",
        "like_user_message",
        "line_breaks",
        "placeholder",
        "reasoning_tags",
        "render_markdown",
        "rtl",
        "sanitize_html",
        "watermark",
    }
)

# What Panel's message_params may say of every message.
OF_MESSAGES = frozenset(
    {
        "default_avatars",
        "reaction_icons",
        "show_avatar",
        "show_copy_icon",
        "show_timestamp",
        "show_user",
        "timestamp_format",
        "timestamp_tz",
    }
)


class Chatbot:
    """How the log of a chat looks and behaves, as one value: ``chatbot=Chatbot(layout="panel", rtl=True)``.

    Takes what Gradio's Chatbot takes of a log, by the same names; each works on the chat itself as well. Raises
    TypeError for any other name, and names the closest one.
    """

    def __init__(self, **options: Any) -> None:
        for name in options.keys() - NAMES:
            near = nearest(name, NAMES)
            hint = f" Did you mean {near!r}?" if near else f" It has: {', '.join(sorted(NAMES))}."
            raise TypeError(f"Chatbot has no option {name!r}.{hint}")
        self.options = options

    def __repr__(self) -> str:
        return f"Chatbot({', '.join(f'{name}={value!r}' for name, value in self.options.items())})"


class Log(Opening, Appearance, Markup, Scrolling, Copying):
    """The log of a chat."""

    # How the log looks and behaves, as one value: Chatbot(layout="panel", rtl=True).
    chatbot: Chatbot | None = None
    # What holds for every message, by Panel's names: {"show_timestamp": False}. Each works on the chat itself as well.
    message_params: Mapping[str, Any] = {}

    def settle(self) -> None:
        """See Declaration.settle(); hands the options on to the attributes of their names."""
        chatbot = self.chatbot
        if chatbot is not None and not isinstance(chatbot, Chatbot):
            self.refuse(f"chatbot={chatbot!r} must be a Chatbot(…), with the options of the log.")
        params = self.message_params
        if not isinstance(params, Mapping) or not params.keys() <= OF_MESSAGES:
            self.refuse(f"message_params={params!r} must be a dict of some of {', '.join(sorted(OF_MESSAGES))}.")
        self._take("Chatbot", chatbot.options if chatbot else {})
        self._take("message_params", params)
        super().settle()

    def _take(self, source: str, options: Mapping[str, Any]) -> None:
        for name, value in options.items():
            if name in vars(self):
                self.refuse(f"{name} is declared twice: in {source}, and beside it. Remove one of them.")
            self.keep(name, value)
