"""A chat's log, declared in one piece."""

from __future__ import annotations

import re
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

# What Panel's card_params may say of the card that a chat is, and what of it the chat has by another name.
OF_CARDS = frozenset(
    {"css_classes", "header_background", "header_color", "height", "hide_header", "stylesheets", "title"}
)
FIXED = frozenset({"collapsed", "collapsible"})

# A colour, as CSS writes it: by its name, in hexadecimal digits, by a function, or by a property of the site's own.
COLOUR = re.compile(
    r"#[0-9a-fA-F]{3,8}|[a-zA-Z]+|(?:rgb|hsl|hwb|lab|lch|oklab|oklch)a?\([\w\s.,%/+-]+\)|var\(--[\w-]+\)"
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
    # What holds for the chat as a card, by Panel's names: {"header_background": "teal", "header_color": "white"}.
    card_params: Mapping[str, Any] = {}
    # Whether the line with the title and its buttons is left out, and the colours of that line, as CSS writes them.
    hide_header: bool = False
    header_background: str = ""
    header_color: str = ""

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
        self._take("card_params", self._checked_card())
        super().settle()
        for name in ("header_background", "header_color"):
            colour = getattr(self, name)
            if colour and not (isinstance(colour, str) and COLOUR.fullmatch(colour)):
                self.refuse(
                    f"{name}={colour!r} is no colour. Write 'teal', '#0a7', 'rgb(0 160 120)' or 'var(--brand)'."
                )

    def _checked_card(self) -> Mapping[str, Any]:
        params = self.card_params
        if not isinstance(params, Mapping):
            self.refuse(f"card_params={params!r} must be a dict of some of {', '.join(sorted(OF_CARDS))}.")
        for name in params:
            if name in FIXED:
                self.refuse(f"card_params has {name!r}: as in Panel, the card of a chat does not fold. Remove it.")
            if name not in OF_CARDS:
                near = nearest(str(name), OF_CARDS)
                hint = f" Did you mean {near!r}?" if near else f" It has: {', '.join(sorted(OF_CARDS))}."
                self.refuse(f"card_params has no {name!r}.{hint}")
        return params

    def _take(self, source: str, options: Mapping[str, Any]) -> None:
        for name, value in options.items():
            if name in vars(self):
                self.refuse(f"{name} is declared twice: in {source}, and beside it. Remove one of them.")
            self.keep(name, value)
