"""How does a value show itself in a notebook?"""

from __future__ import annotations

import base64
import binascii
import logging
from collections.abc import Mapping
from typing import Any

logger = logging.getLogger("chatinterface.content")

# The types that can be shown, the best first, and the method by which a value gives each.
METHODS = {
    "text/html": "_repr_html_",
    "image/svg+xml": "_repr_svg_",
    "image/png": "_repr_png_",
    "image/jpeg": "_repr_jpeg_",
    "application/pdf": "_repr_pdf_",
    "text/markdown": "_repr_markdown_",
    "text/latex": "_repr_latex_",
    "application/json": "_repr_json_",
}
BINARY = frozenset({"image/png", "image/jpeg", "application/pdf"})


def shows_itself(value: object) -> bool:
    """Whether it has any of the methods that notebooks ask. A class has those of its instances, and is not meant."""
    if isinstance(value, type):
        return False
    return any(callable(getattr(type(value), name, None)) for name in ("_repr_mimebundle_", *METHODS.values()))


def representation(value: object) -> tuple[str, Any] | None:
    """The best of what a value gives: a content type and the data, binary types as bytes; None where it gives nothing.

    What one of its methods raises is logged, and the next is asked.
    """
    bundle = _asked(value, "_repr_mimebundle_")
    if isinstance(bundle, tuple):  # with what is known of each
        bundle = bundle[0] if bundle else None
    given: Mapping[str, Any] = bundle if isinstance(bundle, Mapping) else {}
    for kind, method in METHODS.items():
        data = given.get(kind) if kind in given else _asked(value, method)
        if isinstance(data, tuple):
            data = data[0] if data else None
        if kind in BINARY:
            data = _bytes(data)
        if data is not None and data != "":
            return kind, data
    plain = given.get("text/plain")
    return ("text/plain", str(plain)) if plain else None


def _asked(value: object, method: str) -> Any:
    ask = getattr(value, method, None)
    if not callable(ask):
        return None
    try:
        return ask()
    except Exception:
        name = type(value).__qualname__
        logger.exception("%s of a %s failed", method, name, extra={"event": "value.unshown", "type": name})
        return None


def _bytes(data: Any) -> bytes | None:
    """Binary data, which in a bundle is in base64."""
    if isinstance(data, str):
        try:
            return base64.b64decode(data, validate=False)
        except binascii.Error:
            return None
    return bytes(data) if isinstance(data, bytes | bytearray | memoryview) else None
