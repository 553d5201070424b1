"""What a conversation opens with, where that is more than text."""

import gc
import re
import weakref
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils.translation import gettext_lazy, override

import chatinterface as chat
from chatinterface import ChatInterface, opening
from chatinterface.models import Attachment
from chatinterface.recollection import recalled
from tests.reading import ReadingClient

pytestmark = pytest.mark.django_db

SVG = b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"></svg>'
ROWS = [{"city": f"City {number}"} for number in range(30)]


def answer(message: str) -> str:
    return message


def page_of(client: Client, **attributes: Any) -> str:
    chat.register(ChatInterface(answer, name="ask", **attributes))
    return client.get("/chat/ask/").content.decode()


def address(page: str, view: str) -> str:
    found = re.search(rf'"(/chat/ask/c/[^"?]*/{view})[?"]', page)
    assert found is not None
    return found[1]


def test_components_are_shown(client: Client) -> None:
    page = page_of(
        client,
        header=chat.Record({"city": "Oslo"}),
        help_text=["Ask for a *city*.", chat.Code("x = 1", "python")],
        initial_messages=[
            {"a": 1},
            chat.ChatMessage(chat.Text("from Ann"), user="Ann"),
            {"role": "assistant", "content": [chat.JSON([1]), "**or** text"]},
        ],
    )
    kinds = re.findall(r'class="ci-part" [^>]*data-kind="(\w+)"', page)
    assert kinds == ["record", "code", "json", "plain", "json"]
    for text in ("<em>city</em>", "from Ann", "<strong>or</strong>", "chatinterface/components.css"):
        assert text in page
    assert not Attachment.objects.exists()


def test_text_alone_loads_nothing_more(client: Client) -> None:
    assert 'rel="stylesheet" href="/static/chatinterface/components.css"' not in page_of(client, help_text="*Help*")


def test_files_are_served(client: Client) -> None:
    """Before there is a conversation, to who may use the chat."""
    page = page_of(client, header=chat.Image(SVG, alt="A square"), initial_messages=[chat.File(b"a,b", name="x.csv")])
    assert client.get(address(page, "document/")).content == SVG
    reader: Any = ReadingClient()
    files = re.findall(r'"(/chat/ask/c/[^"]*/f/[0-9a-f-]{36}/)"', page)
    assert any(reader.get(url).body == b"a,b" for url in files)


def test_table_is_paged(client: Client) -> None:
    page = page_of(client, help_text=chat.Table(ROWS))
    found = client.get(address(page, "rows/"), {"page": "3"}).content.decode()
    assert "City 29" in found
    assert "City 9<" not in found


def test_files_are_found_by_every_process(client: Client) -> None:
    """Also by one that has not shown the page."""
    page = page_of(client, header=chat.Image(SVG))
    opening._shelves.clear()
    assert client.get(address(page, "document/")).status_code == 200


def test_files_of_a_chat_with_a_login() -> None:
    user = User.objects.create_user("ann")
    ann = Client()
    ann.force_login(user)
    page = page_of(ann, header=chat.Image(SVG), login_required=True)
    assert Client().get(address(page, "document/")).status_code != 200


def test_made_once(client: Client) -> None:
    """What is no text is made when it is first shown, and not again."""
    made = []

    class Thing:
        def _repr_markdown_(self) -> str:
            made.append(1)
            return "thing"

    page_of(client, header=Thing())
    client.get("/chat/ask/")
    assert made == [1]


def test_nothing_is_left_of_a_chat_that_is_gone() -> None:
    """A site may make chats as it goes."""
    interface = ChatInterface(answer, name="gone", header=chat.Image(SVG), help_text="Help")
    assert opening.header(interface)
    gone = weakref.ref(interface)
    del interface
    gc.collect()
    assert gone() is None


def test_values_that_fail_take_nothing_with_them(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    """A form has to stand in a reply."""
    page = page_of(client, header=chat.Form("x"), help_text=chat.Image("/no/such/file.png"), initial_messages=["Hello"])
    assert "Hello" in page
    assert "A form needs a reply" in caplog.text


def test_text_in_the_language_of_its_reader(client: Client) -> None:
    interface = ChatInterface(answer, name="ask", help_text=gettext_lazy("Monday"))
    with override("de"):
        message = opening.help_message(interface)
    assert message is not None
    assert message.text == "Montag"


def test_components_are_history() -> None:
    interface = ChatInterface(answer, name="ask", initial_messages=[chat.Text("first")])
    (entry,) = recalled(0, opening.initial_messages(interface))
    assert entry["content"][0]["text"] == "first"
