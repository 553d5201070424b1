import pytest
from django.test import AsyncClient

import chatinterface as chat
from chatinterface.models import Message
from tests.content.test_media import PNG
from tests.sending import AsyncPage
from tests.tab import ended

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize(("name", "content"), [("dot.png", PNG), ("note.txt", b"hello"), ("x.bin", b"\0\1")])
async def test_file_can_be_given_back(name: str, content: bytes) -> None:
    @chat.register(multimodal=True)
    def give(message: chat.MultimodalMessage) -> chat.ChatFile:
        return message["files"][0]

    page = await AsyncPage.open("give", AsyncClient())
    await page.send("", [await page.upload(content, name)])
    await ended()
    reply = await Message.objects.aget(role="assistant")
    assert reply.status == Message.Status.DONE
    assert name in str(reply.parts)
    given = [attachment async for attachment in reply.attachments.all()]
    assert [each.size for each in given] == [len(content)]


async def test_history_has_the_files() -> None:
    told: list[object] = []

    @chat.register(multimodal=True)
    def remember(message: chat.MultimodalMessage, history: list[dict[str, object]]) -> str:
        told.append(history)
        return "done"

    page = await AsyncPage.open("remember", AsyncClient())
    await page.send("look", [await page.upload(b"hello", "note.txt")])
    await ended()
    await page.send("and now")
    await ended()
    assert "note.txt" in str(told[1])
    assert "look" in str(told[1])
