"""Of what kind is a file? Its content says; its name and what is claimed of it decide only what the content leaves
open.
"""

from __future__ import annotations

import mimetypes
import re

import puremagic

from chatinterface.content.filenames import extension

# Bytes of a file's beginning that tell its kind.
HEAD = 8192

UNKNOWN = "application/octet-stream"
TEXT = "text/plain"
PDF = "application/pdf"

# Those that a browser shows without running anything.
IMAGES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp", "image/avif", "image/bmp"})
AUDIO = frozenset({"audio/mpeg", "audio/mp4", "audio/ogg", "audio/wav", "audio/webm", "audio/flac", "audio/aac"})
VIDEO = frozenset({"video/mp4", "video/webm", "video/ogg", "video/quicktime"})
SAFE = IMAGES | AUDIO | VIDEO | {PDF, TEXT}

# Other names of the same.
_SAME = {
    "application/x-gzip": "application/gzip",
    "application/x-pdf": PDF,
    "application/x-zip-compressed": "application/zip",
    "audio/mp3": "audio/mpeg",
    "audio/vnd.wave": "audio/wav",
    "audio/wave": "audio/wav",
    "audio/x-flac": "audio/flac",
    "audio/x-m4a": "audio/mp4",
    "audio/x-wav": "audio/wav",
    "image/jpg": "image/jpeg",
    "image/pjpeg": "image/jpeg",
    "image/x-ms-bmp": "image/bmp",
    "image/x-png": "image/png",
    "video/x-m4v": "video/mp4",
}

# Containers that may hold sound or pictures: which it is, the name or the claim may say.
_CONTAINERS = {
    "application/ogg": ("audio/ogg", "video/ogg"),
    "application/x-matroska": ("video/webm", "audio/webm"),
    "video/webm": ("video/webm", "audio/webm"),
    "video/mp4": ("video/mp4", "audio/mp4"),
}

# Formats that begin with letters, and are no text for all that.
_LETTERED = {b"%PDF-": PDF, b"{\\rtf": "application/rtf", b"%!PS": "application/postscript"}
_MARKS = (b"\xff\xfe", b"\xfe\xff")
# What no text contains, by the rule that browsers have.
_BINARY = re.compile(rb"[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f]")
# Nothing is tried in another way: what may be read as one comment or as several would take for ever.
_MARKUP = re.compile(
    rb"\s*+(?:(?><!--.*?-->)\s*+|(?><\?.*?\?>)\s*+|(?><!doctype\s++(?!html)[^>]*+>)\s*+)*+<(!?[a-z][a-z0-9:]*)",
    re.I | re.S,
)
_XML = re.compile(rb"\s*<\?xml\b", re.I)

# The table that Python brings along: what a system adds to it differs from server to server.
_BY_NAME = mimetypes.MimeTypes()
for _type, _endings in {
    "text/markdown": (".md", ".markdown"),
    "text/yaml": (".yaml", ".yml"),
    "text/x-toml": (".toml",),
    "text/tab-separated-values": (".tsv",),
    "application/x-ndjson": (".jsonl", ".ndjson"),
    "text/plain": (".log", ".ini", ".cfg", ".rst", ".tex"),
    "image/webp": (".webp",),
    "image/avif": (".avif",),
    "audio/ogg": (".ogg", ".oga", ".opus"),
    "audio/flac": (".flac",),
    "audio/mp4": (".m4a",),
    "video/ogg": (".ogv",),
}.items():
    for _ending in _endings:
        _BY_NAME.add_type(_type, _ending)


def by_name(name: str) -> str:
    """The content type that a name stands for; "" where it says nothing."""
    kind, encoding = _BY_NAME.guess_type(f"x{extension(name)}", strict=False)
    return "" if encoding else normalised(kind or "")


def normalised(content_type: str) -> str:
    """A content type without its parameters, by the name that is usual; "" for what is none."""
    kind = content_type.partition(";")[0].strip().lower()
    return _SAME.get(kind, kind) if re.fullmatch(r"[a-z0-9.+-]+/[a-z0-9.+-]+", kind) else ""


def content_type(head: bytes, name: str = "", claimed: str = "") -> str:
    """The content type of a file that begins with ``head``.

    A picture is not taken for one because it says so: where the content contradicts the name or the claim, the content
    is right.
    """
    head, claimed = head[:HEAD], normalised(claimed)
    lettered = next((kind for begin, kind in _LETTERED.items() if head.startswith(begin)), "")
    if lettered:
        return lettered
    if is_text(head):
        return _text(head, by_name(name), claimed)
    return _binary(head, name, claimed)


def is_text(head: bytes) -> bool:
    """Whether a file that begins like this is text, in whatever encoding."""
    return head.startswith(_MARKS) or not _BINARY.search(head)


def is_textual(content_type: str) -> bool:
    """Whether files of this type are text that a person can read."""
    kind = content_type.partition("/")
    return kind[0] == "text" or kind[2].endswith(("+xml", "+json")) or content_type in _TEXTUAL


_TEXTUAL = frozenset(
    {
        "application/ecmascript",
        "application/javascript",
        "application/json",
        "application/sql",
        "application/toml",
        "application/x-csh",
        "application/x-httpd-php",
        "application/x-javascript",
        "application/x-ndjson",
        "application/x-sh",
        "application/x-tex",
        "application/x-yaml",
        "application/xml",
        "application/yaml",
    }
)


def _text(head: bytes, named: str, claimed: str) -> str:
    for kind in (named, claimed):
        if kind != TEXT and is_textual(kind):
            return kind
    if markup := _MARKUP.match(head):
        tag = markup[1].lower().rpartition(b":")[2]
        if tag == b"svg":
            return "image/svg+xml"
        return "application/xml" if _XML.match(head) and tag != b"html" else "text/html"
    return "application/xml" if _XML.match(head) else TEXT


def _binary(head: bytes, name: str, claimed: str) -> str:
    try:
        found = [each for each in puremagic.magic_string(head) if each.mime_type]
    except puremagic.PureError:
        found = []
    kinds = [normalised(each.mime_type) for each in found]
    named = by_name(name)
    if kinds and (possible := _CONTAINERS.get(kinds[0])):
        return next((kind for kind in (claimed, named) if kind in possible), possible[0])
    suffix = extension(name)
    for kind, each in zip(kinds, found, strict=True):
        if suffix and each.extension == suffix and not is_textual(kind):
            return kind
    if head.startswith(b"PK\x03\x04"):
        return "application/zip"
    return next((kind for kind in kinds if kind in SAFE - {TEXT}), kinds[0] if kinds else UNKNOWN)
