"""What all inputs have in common."""

from __future__ import annotations

import re
from typing import Any

from django import forms


class Panel(forms.Field):
    """A form field that is declared with Panel's keywords.

    ``name`` is its label, and the title of its tab; ``value`` what it begins with; with ``visible=False`` it is not
    shown before a callback shows it. All keywords of Django's fields can be given too, and win.
    """

    # The template that shows it, below templates/chatinterface/inputs/; it gets ``field``, a BoundField.
    panel: str = "field"
    # Whether the message is written in it, as in the field of a chat without other inputs.
    composes: bool = False
    # Whether nothing says that it must be filled in, but that all of Django's fields must be.
    may_be_empty: bool

    def __init__(
        self, *, name: str = "", value: Any = None, visible: bool = True, placeholder: str = "", **options: Any
    ) -> None:
        self.name = str(name or options.get("label") or spaced(type(self).__name__))
        self.visible = visible
        self.may_be_empty = "required" not in options
        options.setdefault("label", name or self.name)
        options.setdefault("initial", value)
        super().__init__(**options)
        if placeholder:
            self.widget.attrs["placeholder"] = placeholder

    def shown(self, value: Any) -> str | None:
        """How a cleaned value is written in the log; None for the way in which its type is written."""
        return None


def spaced(name: str) -> str:
    """The name of a class as words: "IntSlider" is "Int slider"."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name)
    return words[:1] + words[1:].lower()
