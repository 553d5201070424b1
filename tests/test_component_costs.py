"""What components cost, whatever their number and size."""

import csv
import io

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import AsyncClient, Client
from django.test.utils import CaptureQueriesContext

import chatinterface as chat
from chatinterface import registry
from chatinterface.models import Conversation, Message
from chatinterface.presentation import parts_html
from tests.content.components.keeping import Kept
from tests.tab import Tab

KINDS = ["Some *text*.", chat.Code("x = 1", "python"), chat.Table([{"a": 1}]), chat.JSON({"a": [1]}), chat.File(b"x")]


def page(client: Client, pairs: int, *, rendered: bool) -> int:
    """How many queries a page of so many mixed messages and their questions costs."""
    conversation = Conversation.objects.create(interface="mixed", user=User.objects.get())
    store, leaf = Kept(), None
    for number in range(pairs):
        for role, value in (("user", "A question"), ("assistant", KINDS[number % len(KINDS)])):
            leaf = Message.objects.create(conversation=conversation, parent=leaf, role=role, parts=[store.part(value)])
            if rendered:
                leaf.html = parts_html(registry.registered()["mixed"], conversation, leaf, leaf.parts)
                leaf.save()
    Conversation.objects.filter(pk=conversation.pk).update(leaf=leaf)
    with CaptureQueriesContext(connection) as captured:
        response = client.get(f"/chat/mixed/c/{conversation.uuid}/")
    assert response.content.count(b"<article") == min(2 * pairs, 50)
    return len(captured)


@pytest.mark.django_db
@pytest.mark.parametrize("rendered", [True, False])
def test_queries_do_not_grow(client: Client, *, rendered: bool) -> None:
    """A conversation of 200 messages of all kinds costs what one of two does."""
    chat.register(str.upper, name="mixed")
    client.force_login(User.objects.create_user("ada"))
    few = page(client, 1, rendered=rendered)
    assert page(client, 100, rendered=rendered) <= few


def rows(count: int) -> str:
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(["number", "name", "amount", "day", "note"])
    writer.writerows([n, f"Name {n % 977}", n / 100, f"2024-05-{n % 28 + 1:02}", "a few words"] for n in range(count))
    return buffer.getvalue()


@pytest.mark.django_db(transaction=True)
async def test_large_file_is_table() -> None:
    text = rows(100_000)

    @chat.register
    def table(message: str) -> chat.Table:
        return chat.Table(text)

    tab = await Tab.open("table", AsyncClient())
    reply = await tab.ask("show it")
    assert reply.parts[0]["props"]["description"]["rows"] == 100_000
    assert len(reply.html) < 20_000


@pytest.mark.django_db(transaction=True)
async def test_large_table_is_sorted() -> None:
    text = rows(100_000)
    chat.register(lambda message: chat.Table(text), name="table")
    tab = await Tab.open("table", AsyncClient())
    reply = await tab.ask("show it")
    attachment = await reply.attachments.aget()
    questions: list[dict[str, str]] = [
        {"sort": "1"},
        {"sort": "2", "dir": "desc", "page": "5000"},
        {"q": "name 97 words", "sort": "0"},
    ]
    for asked in questions:
        response = await tab.client.get(tab.url("rows", attachment.uuid), asked)
        assert response.content.count(b"<tr>") > 1
