"""Examples: what a visitor may ask to begin with."""

from __future__ import annotations

import hashlib
import mimetypes
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.forms import Form, MultiValueField
from django.utils.functional import cached_property

from chatinterface.additional import PREFIX, Additional


@dataclass(frozen=True, kw_only=True)
class Example:
    """One example: its message, the files that go with it, and the values of the inputs below the chat by name."""

    index: int
    text: str
    files: tuple[Path, ...] = ()
    additional: Mapping[str, Any] = field(default_factory=dict)
    label: str = ""
    icon: str = ""

    @property
    def title(self) -> str:
        """What its card says: its label, its text, or the names of its files."""
        return self.label or self.text or ", ".join(path.name for path in self.files)

    @cached_property
    def digest(self) -> str:
        """What it is made of, files too: another example has another one."""
        made = hashlib.sha256(repr((self.text, sorted(self.additional.items()))).encode())
        for path in self.files:
            made.update(path.read_bytes())
        return made.hexdigest()[:32]

    def is_image(self, number: int) -> bool:
        """Whether one of its files is shown as an image."""
        return (mimetypes.guess_type(self.files[number].name)[0] or "") in IMAGES


# What browsers show, and what runs nothing there.
IMAGES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp", "image/avif"})


def made(declared: Sequence[Any], additional: Additional | None) -> list[Example]:
    """The examples that are declared in any of Gradio's forms. Raises ValueError for what is none."""
    return [_made(index, each, additional) for index, each in enumerate(declared)]


def _made(index: int, declared: Any, additional: Additional | None) -> Example:
    message, *rest = declared if isinstance(declared, list | tuple) and declared else [declared]
    names = additional.names if additional is not None else ()
    if len(rest) > len(names):
        raise ValueError(f"has {declared!r}, with more values than there are additional_inputs ({len(names)})")
    values = {name: value for name, value in zip(names, rest, strict=False) if value is not None}
    if isinstance(message, str):
        text, files = message, tuple[Path, ...]()
    elif isinstance(message, Mapping) and message and not message.keys() - {"text", "files"}:
        text = str(message.get("text") or "")
        files = tuple(_path(each) for each in message.get("files") or ())
    else:
        raise ValueError(
            f'has {declared!r}: write a text, {{"text": …, "files": […]}}, or a list of one and more values'
        )
    if not text.strip() and not files:
        raise ValueError(f"has {declared!r}, which says nothing")
    return Example(index=index, text=text, files=files, additional=values)


def _path(given: Any) -> Path:
    # Gradio takes a file as a dict, too.
    path = Path(given["path"] if isinstance(given, Mapping) else given)
    if not path.is_file():
        raise ValueError(f"has the file {str(path)!r}, which is not there")
    return path


def posted(example: Example, form: Form) -> dict[str, Any]:
    """The values of an example as the controls of the inputs below the chat have them, by their names."""
    controls: dict[str, Any] = {}
    for name, value in example.additional.items():
        field, control = form.fields[name], f"{PREFIX}-{name}"
        if isinstance(field, MultiValueField):
            parts = field.widget.decompress(value)
            controls |= {f"{control}_{number}": str(part) for number, part in enumerate(parts)}
        elif isinstance(value, bool):
            controls[control] = value
        elif isinstance(value, list | tuple | set):
            controls[control] = [str(each) for each in value]
        elif hasattr(field, "choices"):
            controls[control] = str(field.prepare_value(value))
        else:
            controls[control] = str(field.widget.format_value(field.prepare_value(value)) or "")
    return controls
