"""The field that messages are written in, and the buttons beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chatinterface.declarations.attaching import Attaching
from chatinterface.spelling import nearest

if TYPE_CHECKING:
    from django.utils.functional import _StrOrPromise

# What of a Textbox belongs to the chat itself, by the name that it has there.
SHARED = frozenset({"autofocus", "submit_btn", "stop_btn", "enter_sends"})
OWN = frozenset({"label", "lines", "max_length", "max_lines", "placeholder", "value"})
FILES = frozenset({"file_count", "file_types", "max_files", "max_file_size", "max_plain_text_length", "voice_notes"})
# Gradio's, which says the same in another way.
GRADIO = frozenset({"sources"})


class Textbox:
    """The field that messages are written in, as one value: ``textbox=Textbox(placeholder="Ask away", lines=3)``.

    ``placeholder`` stands in the empty field, ``value`` is what it begins with, ``label`` its name for assistive
    technology; it grows from ``lines`` to ``max_lines``, and takes ``max_length`` characters. What else Gradio's takes
    works on the chat itself as well. Raises TypeError for any other name, and names the closest one.
    """

    names = OWN | SHARED

    def __init__(self, **options: Any) -> None:
        for name in options.keys() - self.names:
            near = nearest(name, self.names)
            hint = f" Did you mean {near!r}?" if near else f" It has: {', '.join(sorted(self.names))}."
            raise TypeError(f"{type(self).__name__} has no option {name!r}.{hint}")
        self.options = options

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in self.options.items())})"

    def shared(self) -> dict[str, Any]:
        """What is said of the chat itself."""
        return {name: value for name, value in self.options.items() if name not in OWN}


class MultimodalTextbox(Textbox):
    """A Textbox with files; the chat is ``multimodal`` by it.

    ``sources`` has ``"upload"`` and, where a voice note can be
    recorded, ``"microphone"``, as in Gradio.
    """

    names = OWN | SHARED | FILES | GRADIO

    def shared(self) -> dict[str, Any]:
        """See Textbox.shared()."""
        shared = super().shared()
        if "sources" in shared:
            shared["voice_notes"] = "microphone" in shared.pop("sources")
        return {"multimodal": True, **shared}


class Composing(Attaching):
    """How messages are written."""

    # The field, as one value: Textbox(placeholder=…, lines=3), or MultimodalTextbox(…).
    textbox: Textbox | None = None
    # Whether the field has the focus when the page is opened.
    autofocus: bool = True
    # Whether there is a button to send, and one to stop the reply; a text stands on it in place of the icon.
    submit_btn: _StrOrPromise | bool | None = True
    stop_btn: _StrOrPromise | bool | None = True
    # Whether Enter sends and Shift+Enter breaks the line; else Enter breaks it, and Ctrl+Enter sends.
    enter_sends: bool = True

    @property
    def field(self) -> dict[str, Any]:
        """What is declared of the field itself."""
        options = self.textbox.options if self.textbox else {}
        return {name: value for name, value in options.items() if name in OWN}

    def settle(self) -> None:
        """See Declaration.settle(); hands the options on to the attributes of their names."""
        textbox = self.textbox
        if textbox is not None and not isinstance(textbox, Textbox):
            self.refuse(f"textbox={textbox!r} must be a Textbox(…) or a MultimodalTextbox(…).")
        for name, value in textbox.shared().items() if textbox else ():
            if name in vars(self) and vars(self)[name] != value:
                self.refuse(f"{name} is declared twice: in the {type(textbox).__name__}, and beside it.")
            self.keep(name, value)
        super().settle()
        for name in ("lines", "max_lines", "max_length"):
            given = self.field.get(name, 1)
            if isinstance(given, bool) or not isinstance(given, int) or given < 1:
                self.refuse(f"{name}={given!r} of its textbox must be a whole number, 1 or more.")
