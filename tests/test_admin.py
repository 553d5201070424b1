import re
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from chatinterface.admin.conversations import SHOWN
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
    title = fields.pop("title", f"About {text[:30]}")
    conversation = Conversation.objects.create(user=user, interface="ask", title=title)
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


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("query", ["Größe", "東京", "Größe 東京"])
def test_letters_are_found(reviewer: Client, model: str, query: str) -> None:
    message = said("hello", title="")
    Message.objects.filter(pk=message.pk).update(parts=[{"type": "text", "text": "Größe in 東京"}])
    assert found(reviewer, model, query) == 1


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


def page_of(conversation: Conversation) -> str:
    return reverse("admin:chatinterface_conversation_change", args=[conversation.pk])


def test_conversation_shows_messages(reviewer: Client) -> None:
    question = said("How *big* is it?\nReally?")
    Message.objects.create(
        conversation=question.conversation, parent=question, role="assistant", parts=[{"type": "text", "text": "Big."}]
    )
    said("Something else")
    page = reviewer.get(page_of(question.conversation)).content.decode()
    assert "How *big* is it?<br>Really?" in page
    assert page.index("How *big*") < page.index("Big.")
    assert "Something else" not in page
    assert reverse("admin:chatinterface_message_change", args=[question.pk]) in page
    assert "<textarea" not in page


def test_conversation_shows_the_last(reviewer: Client) -> None:
    conversation = said("text 0 end").conversation
    for number in range(1, SHOWN + 1):
        conversation.messages.create(role="user", parts=[{"type": "text", "text": f"text {number} end"}])
    page = reviewer.get(page_of(conversation)).content.decode()
    assert "text 0 end" not in page.replace("About text 0 end", "")
    assert page.index("text 1 end") < page.index(f"text {SHOWN} end")


def test_conversation_hides_messages() -> None:
    """What was said is shown to who may view messages."""
    client = staff("view_conversation")
    message = said("a secret", title="Hello")
    assert "a secret" not in client.get(page_of(message.conversation)).content.decode()
    assert found(client, "conversation", "secret") == 0
    assert found(client, "conversation", "Hello") == 1


def test_conversation_page_queries(reviewer: Client) -> None:
    conversation = said("hello").conversation
    # What is kept for all pages is asked for once.
    reviewer.get(page_of(conversation))
    numbers = []
    for count in (1, 20):
        for _ in range(count):
            run = Run.objects.create(conversation=conversation)
            conversation.messages.create(role="assistant", run=run)
        with CaptureQueriesContext(connection) as queries:
            reviewer.get(page_of(conversation))
        numbers.append(len(queries))
    assert numbers[0] == numbers[1]


# What can be deleted


@pytest.fixture
def cleaner() -> Client:
    return staff(*(f"{action}_{model}" for action in ("view", "delete") for model in MODELS))


def test_conversation_can_be_deleted(cleaner: Client) -> None:
    message = said("hello")
    path = reverse("admin:chatinterface_conversation_delete", args=[message.conversation_id])
    assert cleaner.post(path, {"post": "yes"}).status_code == 302
    assert not Message.objects.exists()


def test_conversations_can_be_deleted(cleaner: Client) -> None:
    chosen = [said("hello").conversation_id, said("hello").conversation_id]
    said("other")
    action = {"action": "delete_selected", "_selected_action": chosen, "post": "yes"}
    assert cleaner.post(listing("conversation"), action).status_code == 302
    assert Conversation.objects.count() == 1


def test_user_can_be_deleted() -> None:
    """With all that they said."""
    client = staff("view_user", "delete_user", "delete_conversation", "delete_message")
    message = said("hello", "ann")
    path = reverse("admin:auth_user_delete", args=[message.conversation.user_id])
    assert client.post(path, {"post": "yes"}).status_code == 302
    assert not Message.objects.exists()


def test_message_cannot_be_deleted(cleaner: Client) -> None:
    """It would take along all that was answered, and leave the conversation without an end."""
    message = said("hello")
    path = reverse("admin:chatinterface_message_delete", args=[message.pk])
    assert cleaner.post(path, {"post": "yes"}).status_code == 403
    assert path not in cleaner.get(reverse("admin:chatinterface_message_change", args=[message.pk])).content.decode()
    assert Message.objects.exists()


def test_messages_cannot_be_deleted(cleaner: Client) -> None:
    message = said("hello")
    action = {"action": "delete_selected", "_selected_action": [message.pk], "post": "yes"}
    cleaner.post(listing("message"), action)
    assert Message.objects.exists()
    assert "delete_selected" not in cleaner.get(listing("message")).content.decode()


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
