"""Inputs of text."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.utils.translation import gettext_lazy as _

from chatinterface.widgets.base import Panel

# Panel's own limit of a message.
MAX_LENGTH = 50_000


class Text(Panel, forms.CharField):
    """Text as it was written: with the line ends of Python, nothing stripped, and not blank where it is required."""

    def __init__(self, *, max_length: int | None = MAX_LENGTH, **options: Any) -> None:
        options.setdefault("strip", False)
        super().__init__(max_length=max_length, **options)

    def to_python(self, value: Any) -> str:
        text = super().to_python(value) or ""
        return text.replace("\r\n", "\n").replace("\r", "\n")

    def validate(self, value: Any) -> None:
        super().validate(value)
        if self.required and not value.strip():
            raise ValidationError(self.error_messages["required"], code="required")


class ChatAreaInput(Text):
    """A field that grows with its text, from ``rows`` to ``max_rows`` lines; Enter sends, Shift+Enter breaks the line.

    With ``enter_sends=False`` Enter breaks the line, and Ctrl+Enter sends.
    """

    panel = "field"
    composes = True
    widget = forms.Textarea

    def __init__(self, *, rows: int = 1, max_rows: int | None = None, enter_sends: bool = True, **options: Any) -> None:
        options.setdefault("placeholder", _("Send a message"))
        super().__init__(**options)
        self.widget.attrs.update({"rows": rows, "enterkeyhint": "send" if enter_sends else "enter"})
        self.widget.attrs.pop("cols", None)
        if max_rows is not None:
            self.widget.attrs["data-max-rows"] = max_rows
        if not enter_sends:
            self.widget.attrs["data-enter"] = "breaks"


class TextInput(Text):
    """One line of text, sent by Enter."""

    widget = forms.TextInput(attrs={"enterkeyhint": "send"})


class TextAreaInput(Text):
    """Several lines of text; Enter breaks the line, Ctrl+Enter sends."""

    widget = forms.Textarea

    def __init__(self, *, rows: int = 4, **options: Any) -> None:
        super().__init__(**options)
        self.widget.attrs["rows"] = rows
        self.widget.attrs.pop("cols", None)


class PasswordInput(Text):
    """A secret: dots stand for it in the log. The callback gets what was entered."""

    widget = forms.PasswordInput(attrs={"autocomplete": "off"})

    def shown(self, value: Any) -> str | None:
        """See Panel.shown()."""
        return "••••••••" if value else None


class CodeEditor(Text):
    """Code, shown as code in the log, in the colours of its ``language``; Ctrl+Enter sends."""

    panel = "code"
    widget = forms.Textarea

    def __init__(self, *, language: str = "", rows: int = 8, **options: Any) -> None:
        super().__init__(**options)
        self.language = language
        self.widget.attrs.update(
            {"rows": rows, "spellcheck": "false", "autocapitalize": "off", "data-language": language}
        )
        self.widget.attrs.pop("cols", None)


class ColorPicker(Panel, forms.CharField):
    """A colour as ``#rrggbb``."""

    panel = "color"
    widget = forms.TextInput(attrs={"type": "color"})
    default_validators = (RegexValidator(r"\A#[0-9a-fA-F]{6}\Z", _("Choose a colour.")),)  # type: ignore[assignment]

    def __init__(self, *, value: str = "#000000", **options: Any) -> None:
        super().__init__(value=value, **options)
