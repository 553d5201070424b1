import re
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from chatinterface.models import Conversation, Message, Run

pytestmark = pytest.mark.django_db

MODELS = ["conversation", "message"]


def listing(model: str) -> str:
    return reverse(f"admin:chatinterface_{model}_changelist")


def staff(*permissions: str) -> Client:
    user = User.objects.create(username="staff", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def reviewer() -> Client:
    return staff("view_conversation", "view_message")


def said(text: str, username: str = "ann", **fields: Any) -> Message:
    user, _ = User.objects.get_or_create(username=username)
    conversation = Conversation.objects.create(user=user, interface="ask", title=f"About {text[:30]}")
    parts = [{"type": "text", "text": text}]
    return Message.objects.create(conversation=conversation, role="user", parts=parts, **fields)


def found(client: Client, model: str, query: str) -> int:
    count: int = client.get(listing(model), {"q": query}).context["cl"].result_count
    return count


@pytest.mark.parametrize("model", MODELS)
def test_list_and_page_are_shown(reviewer: Client, model: str) -> None:
    message = said("hello world")
    pk = message.pk if model == "message" else message.conversation_id
    assert "hello world" in reviewer.get(listing(model)).content.decode()
    page = reviewer.get(reverse(f"admin:chatinterface_{model}_change", args=[pk]))
    assert page.status_code == 200
    assert "hello world" in page.content.decode()


@pytest.mark.parametrize("model", MODELS)
def test_nothing_can_be_altered(model: str) -> None:
    client = staff(*(f"{action}_{model}" for action in ("add", "change", "view")))
    message = said("hello")
    pk = message.pk if model == "message" else message.conversation_id
    assert client.get(reverse(f"admin:chatinterface_{model}_add")).status_code == 403
    path = reverse(f"admin:chatinterface_{model}_change", args=[pk])
    assert client.post(path, {"title": "other", "role": "system"}).status_code == 403
    assert b'name="_save"' not in client.get(path).content


@pytest.mark.parametrize("model", MODELS)
def test_permission_is_needed(model: str) -> None:
    assert staff().get(listing(model)).status_code == 403


@pytest.mark.parametrize("model", MODELS)
def test_visitors_are_sent_away(client: Client, model: str) -> None:
    assert client.get(listing(model)).status_code == 302


@pytest.mark.parametrize("model", MODELS)
def test_text_is_found(reviewer: Client, model: str) -> None:
    said("apples and pears")
    said("oranges")
    assert found(reviewer, model, "pears") == 1
    assert found(reviewer, model, "grapes") == 0


def test_letters_are_found(reviewer: Client) -> None:
    said("Größe in 東京")
    assert found(reviewer, "message", "Größe") == 1
    assert found(reviewer, "message", "東京") == 1


def test_conversation_by_user_and_id(reviewer: Client) -> None:
    message = said("hello", "ann")
    said("hello", "bob")
    assert found(reviewer, "conversation", "bob") == 1
    assert found(reviewer, "conversation", str(message.conversation.uuid)) == 1


def test_message_by_error_id(reviewer: Client) -> None:
    message = said("hello")
    message.run = Run.objects.create(
        conversation=message.conversation, error_id="abcd1234", error="Traceback: LookupError"
    )
    message.save()
    said("other")
    assert found(reviewer, "message", "abcd1234") == 1
    page = reviewer.get(reverse("admin:chatinterface_message_change", args=[message.pk])).content.decode()
    assert "abcd1234" in page
    assert "Traceback: LookupError" in page


def test_conversation_leads_to_its_messages(reviewer: Client) -> None:
    message = said("hello")
    said("other")
    path = reverse("admin:chatinterface_conversation_change", args=[message.conversation_id])
    address = f"{listing('message')}?conversation__id__exact={message.conversation_id}"
    assert address in reviewer.get(path).content.decode()
    assert list(reviewer.get(address).context["cl"].result_list) == [message]


@pytest.mark.parametrize("model", MODELS)
def test_queries_are_fixed(reviewer: Client, model: str) -> None:
    numbers = []
    for count in (1, 50):
        for number in range(count):
            said("hello", f"user{number}")
        with CaptureQueriesContext(connection) as queries:
            reviewer.get(listing(model))
        numbers.append(len(queries))
    assert numbers[0] == numbers[1]


@pytest.mark.parametrize("model", MODELS)
def test_text_is_escaped(reviewer: Client, model: str) -> None:
    message = said("<script>alert(1)</script>")
    pk = message.pk if model == "message" else message.conversation_id
    for path in (listing(model), reverse(f"admin:chatinterface_{model}_change", args=[pk])):
        assert "<script>alert" not in reviewer.get(path).content.decode()


def test_long_text_is_cut_in_the_list(reviewer: Client) -> None:
    said("word " * 100)
    page = reviewer.get(listing("message")).content.decode()
    (cell,) = re.findall(r'field-excerpt">(.*?)</td>', page)
    assert cell == f"{'word ' * 19}word…"
