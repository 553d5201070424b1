"""The component for a value that shows itself in notebooks."""

from __future__ import annotations

from typing import Any

from chatinterface.content.components.base import Blob, Component
from chatinterface.content.components.frame import HEIGHT, Frame
from chatinterface.content.components.media import PDF, Image
from chatinterface.content.components.structure import JSON
from chatinterface.content.components.text import Markdown, Text
from chatinterface.content.notebook import representation


def represented(value: Any, title: str = "", height: int = HEIGHT) -> Component | None:
    """What a value shows of itself, its HTML in a frame; None where it shows nothing."""
    found = representation(value)
    if found is None:
        return None
    kind, data = found
    title = title or type(value).__name__
    match kind:
        case "text/html":
            return Frame(str(data), title, height)
        case "image/svg+xml" | "image/png" | "image/jpeg":
            source = data.encode() if isinstance(data, str) else data
            name = f"{title}.{kind.rpartition('/')[2].removesuffix('+xml')}"
            return Image(Blob(source=source, name=name, content_type=kind), alt=title)
        case "application/pdf":
            return PDF(data, name=f"{title}.pdf")
        case "text/markdown" | "text/latex":
            return Markdown(str(data))
        case "application/json":
            return JSON(data)
        case _:
            return Text(str(data))
