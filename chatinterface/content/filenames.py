"""How is a file called, when its name comes from somebody else?"""

from __future__ import annotations

import re
import unicodedata

# Bytes that the file systems of today take as a name.
LONGEST = 255

FALLBACK = "file"

# What separates folders on any system; and what Windows reads a meaning into.
_SEPARATORS = re.compile(r"[/\\]")
_RESERVED = re.compile(r'[<>:"|?*]')
_DEVICE = re.compile(r"(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$)(?=\.|$)", re.IGNORECASE)

# Control characters, those that nobody sees or that turn the reading direction, surrogates and what is not assigned;
# the joiners are needed to write some languages, and emoji.
_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Cn", "Co", "Zl", "Zp"})
_JOINERS = "\u200c\u200d"


def clean(name: object) -> str:
    """A name that can be shown, sent in a header, and saved on any system: its last path segment, without what nobody
    sees, at most 255 bytes, the extension kept; never empty, never hidden, never a device.
    """
    text = unicodedata.normalize("NFC", str(name))
    last = _SEPARATORS.split(text.rstrip("/\\ "))[-1]
    visible = "".join(letter for letter in last if letter in _JOINERS or unicodedata.category(letter) not in _INVISIBLE)
    # A drive, or the stream of a file: what stands behind the last colon is the name, as it is behind a slash.
    readable = _RESERVED.sub("_", visible.rpartition(":")[2] if re.match(r"^[A-Za-z]:", visible) else visible)
    trimmed = " ".join(readable.split()).strip(_JOINERS + ". ")
    if not trimmed:
        return FALLBACK
    if readable.lstrip().startswith(".") and "." not in trimmed:
        trimmed = f"{FALLBACK}.{trimmed}"
    return _shortened(f"_{trimmed}" if _DEVICE.match(trimmed) else trimmed)


def extension(name: str) -> str:
    """The extension of a name, in lower case with its dot; "" for none."""
    stem, dot, suffix = name.rpartition(".")
    return f".{suffix.lower()}" if dot and stem and suffix else ""


def _shortened(name: str) -> str:
    if len(name.encode()) <= LONGEST:
        return name
    suffix = extension(name)
    if len(suffix.encode()) > LONGEST // 4:
        suffix = ""
    stem = name[: len(name) - len(suffix)].encode()[: LONGEST - len(suffix.encode())].decode(errors="ignore")
    return (stem.rstrip(_JOINERS + ". ") or FALLBACK) + suffix
