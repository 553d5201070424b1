"""What is posted that no page would post: too much of it, and characters that are none."""

from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpRequest
from django.test import AsyncClient, Client, override_settings

import chatinterface as chat
from chatinterface.models import Conversation, Message
from tests.sending import Page
from tests.tab import Tab, ended

pytestmark = pytest.mark.django_db(transaction=True)

FORM = "application/x-www-form-urlencoded"
STRANGE = {
    "NUL": "a\0b",
    "BOM": "\ufeffhello",
    "right-to-left override": "cod\u202etxt.exe",
    "unassigned": "\U000e0fff\uffff",
    "joined": "👩‍👩‍👧‍👧",
}


@pytest.fixture(autouse=True)
def ask() -> None:
    chat.register(lambda message: message, name="ask", editable="all", save_history=True, flagging_mode="manual")


def post(page: Page, body: bytes, content_type: str = FORM) -> Any:
    return page.client.post(page.url("send"), body, content_type=content_type)


@pytest.mark.parametrize("count", [1_001, 1_000_000])
def test_many_fields_are_refused(count: int) -> None:
    page = Page("ask")
    assert post(page, b"&".join([b"message=a", *[b"a="] * count])).status_code == 400
    assert not Message.objects.exists()


def test_many_fields_of_a_multipart_form_are_refused() -> None:
    part = b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n'
    assert post(Page("ask"), part * 1_001 + b"--x--\r\n", "multipart/form-data; boundary=x").status_code == 400


def test_many_files_are_refused() -> None:
    files = {f"file{number}": SimpleUploadedFile("x.txt", b"x") for number in range(101)}
    assert Client().post("/chat/ask/import/", files).status_code == 400


@override_settings(DATA_UPLOAD_MAX_MEMORY_SIZE=1000)
def test_long_form_is_refused() -> None:
    assert post(Page("ask"), b"message=" + b"a" * 1001).status_code == 400


@pytest.mark.parametrize("body", [b"message=%ED%A0%80", b"message=%FF%FE", b"message=%C0%80"])
def test_no_text_is_none(body: bytes) -> None:
    """Halves of characters, and bytes that are none, leave no trace but a sign in their place."""
    page = Page("ask")
    assert post(page, body + b"&token=" + page.token.encode()).status_code == 204
    text = Message.objects.get(role="user").text
    assert "\ufffd" in text
    assert text.encode()


@pytest.mark.parametrize("text", STRANGE.values(), ids=STRANGE.keys())
async def test_strange_characters_are_said_or_refused(text: str) -> None:
    """In a sentence; what is taken can be stored by every database."""
    tab = await Tab.open("ask")
    reply = await tab.ask("hello")
    before = await Message.objects.acount()
    answers = [
        await tab.flag(reply.pk, "Like", comment=text),
        await tab.act("rename", title=text),
        await tab.act("edit", reply.pk, message=text),
        await tab.send(text),
    ]
    await ended()
    assert {each.status_code for each in answers} <= {204, 422}
    refused = [each.content.decode() for each in answers if each.status_code == 422]
    assert all("<li>" in each for each in refused)
    if "\0" in text:
        assert await Message.objects.acount() == before
        assert "\0" not in (await Conversation.objects.aget()).title


async def test_same_key_is_one_message() -> None:
    """Also with another text, and whatever became of the first."""
    tab, key = await Tab.open("ask", AsyncClient()), uuid4()
    for text in ("one", "two", "three"):
        assert (await tab.send(text, key=key)).status_code == 204
    assert [each.text async for each in Message.objects.filter(role="user")] == ["one"]


@pytest.mark.parametrize("key", ["x", "0", "\0", "9" * 5000, "{}"])
async def test_wrong_key_is_refused(key: str) -> None:
    tab = await Tab.open("ask", AsyncClient())
    assert (await tab.send("one", key=key)).status_code == 422
    assert not await Message.objects.aexists()


def test_body_is_not_looked_at_before_its_visitor(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who may not use a chat has nothing parsed."""
    chat.register(lambda message: message, name="members", login_required=True)
    parsed: list[HttpRequest] = []
    monkeypatch.setattr(HttpRequest, "_load_post_and_files", lambda request: parsed.append(request))
    response = Client().post(f"/chat/members/c/{uuid4()}/send/", b"a=" * 10, content_type=FORM)
    assert response.status_code == 302
    assert parsed == []
