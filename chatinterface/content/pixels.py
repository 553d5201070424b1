"""How large is an image, and may it be opened?"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from importlib.util import find_spec
from typing import IO, Any

# A small file can claim to be an image of any size, and would fill the memory of who opens it.
MOST_PIXELS = 100_000_000

_ORIENTATION = 0x0112
_TURNED = range(5, 9)


class Bomb(ValueError):
    """It has more pixels than are ever opened."""


@cache
def pillow() -> Any:
    """Pillow's ``Image``; None where it is not installed."""
    return import_module("PIL.Image") if find_spec("PIL") else None


def measure(opened: IO[bytes]) -> dict[str, int]:
    """The width and height as it is shown; nothing where that cannot be told. Only its beginning is read.

    Raises Bomb.
    """
    images = pillow()
    if images is None:
        return {}
    try:
        with images.open(opened) as image:
            width, height = image.size
            # Of other formats Pillow would open all of the image to tell.
            turned = image.format == "JPEG" and image.getexif().get(_ORIENTATION) in _TURNED
    except (images.DecompressionBombError, images.DecompressionBombWarning):
        raise Bomb from None
    except (OSError, SyntaxError, ValueError):
        return {}
    if width * height > MOST_PIXELS:
        raise Bomb
    return {"width": height, "height": width} if turned else {"width": width, "height": height}
