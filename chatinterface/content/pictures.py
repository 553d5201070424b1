"""How large is a picture, and what is shown of one that is larger than a screen?

Pillow does it; where it is not installed, a picture is shown as it is.
"""

from __future__ import annotations

import io
import warnings
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

# Pixels of the longer side beyond which a smaller copy is shown.
LARGEST = 1600
# Pixels that are decoded at most: a small file can claim to be a picture of any size.
MOST_PIXELS = 100_000_000

# What every browser shows, by Pillow's names.
SHOWN = {"PNG": "image/png", "JPEG": "image/jpeg", "GIF": "image/gif", "WEBP": "image/webp"}
JPEG_QUALITY = 85


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture's size in pixels as it is shown, and its content type; with a smaller copy of it where it is huge."""

    width: int
    height: int
    copy: bytes | None = None
    copy_type: str = ""


class TooLarge(ValueError):
    """The picture has more pixels than are decoded."""


@cache
def _pillow() -> Any:
    return import_module("PIL.Image") if find_spec("PIL") else None


def inspect(source: bytes | Path) -> Picture | None:
    """Measure a picture, and make a smaller copy where it is huge or of a format that browsers do not show.

    None where it is no picture that Pillow knows, or where Pillow is not installed. Raises TooLarge.
    """
    pillow = _pillow()
    if pillow is None:
        return None
    opened = io.BytesIO(source) if isinstance(source, bytes) else source
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", pillow.DecompressionBombWarning)
            with pillow.open(opened) as image:
                return _inspected(image)
    except pillow.DecompressionBombError:
        raise TooLarge from None
    except (OSError, SyntaxError, ValueError) as error:
        if isinstance(error, TooLarge):
            raise
        return None


def encoded(image: Any) -> tuple[bytes, str]:
    """A picture of Pillow's as the bytes of a file, and their type: JPEG for a photograph, PNG for everything else."""
    buffer = io.BytesIO()
    if image.format == "JPEG" and image.mode in {"RGB", "L"}:
        image.save(buffer, "JPEG", quality=JPEG_QUALITY)
        return buffer.getvalue(), "image/jpeg"
    if image.mode not in {"1", "L", "LA", "P", "RGB", "RGBA", "I", "I;16"}:
        image = image.convert("RGB")
    image.save(buffer, "PNG")
    return buffer.getvalue(), "image/png"


def _inspected(image: Any) -> Picture:
    width, height = image.size
    if width * height > MOST_PIXELS:
        raise TooLarge
    turned = image.getexif().get(0x0112, 1) in {5, 6, 7, 8} if image.format == "JPEG" else False
    animated = getattr(image, "is_animated", False)
    fits = max(width, height) <= LARGEST or animated
    if turned:
        width, height = height, width
    if fits and image.format in SHOWN:
        return Picture(width, height)
    copy, kind = _smaller(image)
    scale = min(1, LARGEST / max(width, height))
    return Picture(max(1, round(width * scale)), max(1, round(height * scale)), copy, kind)


def _smaller(image: Any) -> tuple[bytes, str]:
    photograph = image.format in {"JPEG", "MPO"}
    if photograph:
        image.draft("RGB", (LARGEST, LARGEST))
    image.load()
    upright = import_module("PIL.ImageOps").exif_transpose(image)
    small = (
        upright
        if upright.mode in {"L", "RGB", "RGBA"}
        else upright.convert("RGBA" if "A" in upright.mode or "transparency" in upright.info else "RGB")
    )
    small.thumbnail((LARGEST, LARGEST))
    buffer = io.BytesIO()
    if photograph:
        small.convert("RGB").save(buffer, "JPEG", quality=JPEG_QUALITY)
        return buffer.getvalue(), "image/jpeg"
    small.save(buffer, "PNG")
    return buffer.getvalue(), "image/png"
