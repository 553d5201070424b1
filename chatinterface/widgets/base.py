"""What all inputs have in common."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable
from typing import Any, Self

from django import forms

from chatinterface.spelling import nearest

# How HTML, Gradio and Django call keywords that are Panel's here.
ELSEWHERE = {
    **dict.fromkeys(("min", "minimum", "min_value"), "start"),
    **dict.fromkeys(("max", "maximum", "max_value"), "end"),
    "step_size": "step",
    "choices": "options",
}


class Panel(forms.Field):
    """A form field that is declared with Panel's keywords.

    ``name`` is its label, and the title of its tab; ``value`` what it begins with; with ``visible=False`` it is not
    shown before a callback shows it. All other keywords of Django's fields can be given too, and win. Raises TypeError
    for what is none, and names the one that was meant.
    """

    # The template that shows it, below templates/chatinterface/inputs/; it gets ``field``, a BoundField.
    panel: str = "field"
    # Whether the message is written in it, as in the field of a chat without other inputs.
    composes: bool = False
    # Whether nothing says that it must be filled in, but that all of Django's fields must be.
    may_be_empty: bool

    def __new__(cls, *args: Any, **keywords: Any) -> Self:
        # Before any __init__, each of which says some of Django's keywords by itself. Copies, of which each form has
        # some, have none.
        if keywords:
            cls._require_known(keywords)
        return super().__new__(cls)

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

    @classmethod
    def _require_known(cls, keywords: Iterable[str]) -> None:
        own = _keywords(each for each in cls.__mro__ if issubclass(each, Panel))
        known = own | _keywords(cls.__mro__)
        for name in keywords:
            renamed = ELSEWHERE.get(name) if name not in own else None
            if renamed in known or name not in known:
                meant = renamed if renamed in known else nearest(name, known)
                said = f"{cls.__name__}() takes no {name!r}."
                raise TypeError(f"{said} Write {meant!r}." if meant else said)

    def shown(self, value: Any) -> str | None:
        """How a cleaned value is written in the log; None for the way in which its type is written."""
        return None


def _keywords(classes: Iterable[type]) -> set[str]:
    made = (vars(each)["__init__"] for each in classes if "__init__" in vars(each))
    return {name for each in made for name in inspect.signature(each).parameters}


def spaced(name: str) -> str:
    """The name of a class as words: "IntSlider" is "Int slider"."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name)
    return words[:1] + words[1:].lower()
