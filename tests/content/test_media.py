import gzip
import io
import signal
import wave
import zipfile

import pytest

from chatinterface.content import media

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c494441"
    "54789c63f8cfc0000003010100c9fe92ef0000000049454e44ae426082"
)
WEBM = bytes.fromhex("1a45dfa39f4286810142f7810142f2810442f381084282847765626d428781044285810218538067") + bytes(64)


def zipped(*names: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in names:
            archive.writestr(name, "x")
    return buffer.getvalue()


def sound() -> bytes:
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as recorded:
        recorded.setnchannels(1)
        recorded.setsampwidth(2)
        recorded.setframerate(8000)
        recorded.writeframes(bytes(800))
    return buffer.getvalue()


DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


@pytest.mark.parametrize(
    ("head", "name", "claimed", "kind"),
    [
        (PNG, "a.png", "", "image/png"),
        (PNG, "a.txt", "text/plain", "image/png"),
        (b"MZ\x90\0" + bytes(200), "holiday.jpg", "image/jpeg", "application/vnd.microsoft.portable-executable"),
        (bytes(range(256)), "a.png", "image/png", media.UNKNOWN),
        (b"GIF89a=1;alert(1)", "a.gif", "image/gif", "text/plain"),
        (b"<script>alert(1)</script>", "a.png", "image/png", "text/html"),
        (b"\n<!-- x --><!DOCTYPE html><p>", "a.txt", "text/plain", "text/html"),
        (b'<?xml version="1.0"?>\n<svg onload="x()"/>', "a.jpg", "image/jpeg", "image/svg+xml"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "a.svg", "", "image/svg+xml"),
        (b"<?xml version='1.0'?><a/>", "a", "", "application/xml"),
        (b"a,b\n1,2\n", "a.csv", "", "text/csv"),
        (b"a,b\n1,2\n", "A.CSV", "application/vnd.ms-excel", "text/csv"),
        (b"a,b\n1,2\n", "table", "text/csv", "text/csv"),
        ("größe,ort\n".encode("latin-1"), "a.csv", "", "text/csv"),
        ("hello".encode("utf-16"), "a.txt", "", "text/plain"),
        (b"# Title", "a.md", "", "text/markdown"),
        (b'{"a": 1}', "a.json", "", "application/json"),
        (b"", "a.txt", "", "text/plain"),
        (b"BM is a company", "note", "", "text/plain"),
        (b"%PDF-1.7\n%text only", "a.txt", "", "application/pdf"),
        (zipped("a.txt"), "a.zip", "", "application/zip"),
        (zipped("a.txt"), "a", "", "application/zip"),
        (zipped("[Content_Types].xml", "word/document.xml"), "a.docx", "", DOCX),
        (gzip.compress(b"x", mtime=0), "a.gz", "", "application/gzip"),
        (sound(), "a.wav", "", "audio/wav"),
        (WEBM, "voice.webm", "audio/webm;codecs=opus", "audio/webm"),
        (WEBM, "film.webm", "", "video/webm"),
        (b"OggS\0\2" + bytes(22) + b"\1\x13OpusHead" + bytes(40), "a.ogg", "", "audio/ogg"),
    ],
)
def test_content_tells_the_type(head: bytes, name: str, claimed: str, kind: str) -> None:
    assert media.content_type(head, name, claimed) == kind


@pytest.mark.parametrize(
    "piece", [b"<!---->", b"<!---->\n", b"<!--", b"<??>", b"<?", b"<!doctype a>", b"<!doctype ", b" "]
)
@pytest.mark.parametrize("end", [b"", b"x", b"<"])
def test_text_takes_no_time(piece: bytes, end: bytes) -> None:
    """Everything stands still while a text is looked at: one that could be read in many ways is read in one."""

    def late(*given: object) -> None:
        raise TimeoutError

    before = signal.signal(signal.SIGALRM, late)
    signal.alarm(20)
    try:
        kind = media.content_type(piece * (media.HEAD // len(piece) - 1) + end, "notes.txt")
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
    assert kind in {"text/plain", "text/html"}


def test_claim_is_no_header() -> None:
    assert media.normalised("text/html\r\nX: y") == ""
    assert media.normalised("Text/HTML; charset=x") == "text/html"


def test_names_of_the_same_sound() -> None:
    """Libraries, systems and browsers call it in these ways."""
    names = ("audio/wav", "audio/x-wav", "audio/wave", "audio/vnd.wave")
    assert {media.normalised(name) for name in names} == {"audio/wav"}
