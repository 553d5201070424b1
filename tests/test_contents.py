import asyncio
import io
from pathlib import Path
from typing import Any

import pytest
from django.test import AsyncClient

import chatinterface as chat
from chatinterface import contents
from chatinterface.content import pixels
from chatinterface.content.sent import decoded
from chatinterface.models import Message
from tests.content.test_media import PNG, sound
from tests.sending import AsyncPage
from tests.tab import ended

pytestmark = pytest.mark.django_db(transaction=True)


async def heard(message: str, *sent: tuple[str, bytes], convention: str = "fn", **attributes: Any) -> Any:
    """What a callback is called with, and the reply."""
    got: list[Any] = []

    def listen(said: Any) -> str:
        got.append(said)
        return "done"

    attributes = {"name": "ask", "multimodal": True, **attributes}
    if convention == "fn":
        chat.register(chat.ChatInterface(fn=lambda message: listen(message), **attributes))
    else:
        chat.register(chat.ChatInterface(callback=lambda contents: listen(contents), **attributes))
    page = await AsyncPage.open(attributes["name"], AsyncClient())
    ids = [await page.upload(content, name) for name, content in sent]
    assert (await page.send(message, ids)).status_code == 204
    await ended()
    return got[0] if got else (await Message.objects.aget(role="assistant")).metadata["error"]["text"]


async def test_message_has_text_and_files() -> None:
    said = await heard("look", ("dot.png", PNG), ("a.bin", b"\0\1"))
    assert said["text"] == "look"
    picture, other = said["files"]
    assert (picture.name, picture.content_type, picture.size) == ("dot.png", "image/png", len(PNG))
    with other.open() as opened:
        assert opened.read() == b"\0\1"
    assert await asyncio.to_thread(Path(picture.path).read_bytes) == PNG


async def test_message_without_files() -> None:
    assert await heard("hello") == {"text": "hello", "files": []}


async def test_plain_chat_gets_the_text() -> None:
    assert await heard("hello", multimodal=False) == "hello"


async def test_file_can_be_read_twice() -> None:
    (file,) = (await heard("", ("a.txt", b"hello")))["files"]
    assert [file.text(), file.text()] == ["hello", "hello"]
    assert (bool(file), file.closed) == (True, True)


async def test_contents_are_the_text() -> None:
    assert await heard("hello", convention="callback") == "hello"


async def test_table_is_a_frame() -> None:
    pytest.importorskip("pandas")
    frame = await heard("", ("x.csv", b"a,b\n1,2\n3,4\n"), convention="callback")
    assert frame.to_dict("list") == {"a": [1, 3], "b": [2, 4]}
    text, frame = await heard("look", ("x.tsv", b"a\tb\n1\t2\n"), convention="callback", name="tabs")
    assert (text, frame.shape) == ("look", (1, 2))


async def test_table_of_excel_is_a_frame() -> None:
    pytest.importorskip("pandas")
    frame = await heard("", ("x.csv", "größe\n1\n".encode("cp1252")), convention="callback")
    assert list(frame.columns) == ["größe"]


async def test_missing_pandas_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contents, "find_spec", lambda name: None)
    assert "pandas is not installed" in (await heard("", ("x.csv", b"a,b\n"), convention="callback"))


async def test_damaged_table_is_said() -> None:
    pytest.importorskip("pandas")
    said = await heard("", ("x*.csv", b""), convention="callback")
    assert said == "“x\\_\\.csv” cannot be read\\. It may be damaged\\."


async def test_text_is_a_string() -> None:
    assert await heard("", ("x.md", "# Größe".encode()), convention="callback") == "# Größe"


async def test_image_is_an_image() -> None:
    pytest.importorskip("PIL")
    image = await heard("", ("x.png", PNG), convention="callback")
    assert image.size == (1, 1)


async def test_image_without_pillow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pixels, "pillow", lambda: None)
    image = await heard("", ("x.png", PNG), convention="callback")
    assert isinstance(image, io.BytesIO)
    assert image.getvalue() == PNG


async def test_other_files_are_files() -> None:
    file = await heard("", ("x.wav", sound()), convention="callback")
    assert (file.name, file.content_type) == ("x.wav", "audio/wav")


async def test_several_contents_are_a_list() -> None:
    said = await heard("look", ("a.txt", b"one"), ("b.txt", b"two"), convention="callback")
    assert said == ["look", "one", "two"]


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("größe".encode(), "größe"),
        ("größe".encode("utf-8-sig"), "größe"),
        ("größe".encode("utf-16"), "größe"),
        ("größe".encode("cp1252"), "größe"),
        (b"\x81", "�"),
        (b"", ""),
    ],
)
def test_text_of_any_encoding(content: bytes, text: str) -> None:
    assert decoded(content) == text
