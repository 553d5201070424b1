"""What a callback returns or yields, as the parts of a message."""

from __future__ import annotations

from typing import Any


def text_of(value: Any) -> str:
    """The Markdown that stands for a value: text as it is, anything else by its str()."""
    return value if type(value) is str else str(value)


def text_parts(text: str) -> list[dict[str, Any]]:
    """The parts of a message that is plain text."""
    return [{"type": "text", "text": text}] if text else []
