import re
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.db import connection
from django.http import Http404
from django.test import Client, RequestFactory, override_settings
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

import chatinterface as chat
from chatinterface.content.markdown import render
from chatinterface.gate import admitted
from chatinterface.history import PAGE_SIZE
from chatinterface.models import Conversation, Message

pytestmark = pytest.mark.django_db

FRAGMENTS = ["conversation", "log", "message"]


def echo(**attributes: Any) -> None:
    chat.register(lambda message: message, **{"name": "ask", **attributes})


@pytest.fixture
def ann() -> User:
    return User.objects.create(username="ann")


@pytest.fixture
def ann_client(ann: User) -> Client:
    client = Client()
    client.force_login(ann)
    return client


def filled(owner: User, count: int, *, text: str = "hello") -> Conversation:
    conversation = Conversation.objects.create(user=owner, interface="ask", revision=count)
    parts = [{"type": "text", "text": text}]
    Message.objects.bulk_create(
        Message(
            conversation=conversation,
            role="assistant" if number % 2 else "user",
            parts=parts,
            html=render(text),
            user_name="Ann",
        )
        for number in range(count)
    )
    conversation.leaf = conversation.messages.order_by("pk").last()
    conversation.save()
    return conversation


def address(view: str, conversation: Conversation, name: str = "ask") -> str:
    last = conversation.messages.order_by("pk").last()
    pk = [last.pk if last else 1] if view == "message" else []
    return reverse(f"chatinterface:{view}", args=[name, conversation.uuid, *pk])


def shown(page: str) -> list[int]:
    return [int(pk) for pk in re.findall(r'data-message="(\d+)"', page)]


# A new page


def test_new_page_leaves_nothing(client: Client) -> None:
    echo()
    response = client.get("/chat/ask/")
    assert response.status_code == 200
    assert not Conversation.objects.exists()
    assert not Session.objects.exists()
    assert "sessionid" not in response.cookies


def test_new_page_is_new_each_time(client: Client) -> None:
    echo()
    pages = [client.get("/chat/ask/").content.decode() for _ in range(2)]
    uuids = [re.findall(r'data-conversation="([^"]+)"', page) for page in pages]
    assert uuids[0] != uuids[1]
    assert all(UUID(uuid) for (uuid,) in uuids)


def test_new_page_shows_what_is_declared(client: Client) -> None:
    echo(title="Ask <me>", description="*Anything*", placeholder="Try `hello`", placeholder_threshold=2.5)
    page = client.get("/chat/ask/").content.decode()
    assert "<title>Ask &lt;me&gt;</title>" in re.sub(r"\s*\n\s*", "", page)
    for part in ("<em>Anything</em>", "<code>hello</code>", 'data-placeholder-threshold="2.5"', "data-activity-dot"):
        assert part in page


def test_dot_may_be_left_out(client: Client) -> None:
    echo(show_activity_dot=False)
    assert "data-activity-dot" not in client.get("/chat/ask/").content.decode()


def test_unknown_chat_is_not_found(client: Client) -> None:
    assert client.get("/chat/nothing/").status_code == 404


def test_registered_chats_are_named(client: Client) -> None:
    with override_settings(DEBUG=True):
        page = client.get("/chat/nothing/").content.decode()
        assert "There is no chat &#x27;nothing&#x27;. Registered are:" in page
        assert "&#x27;echo&#x27;" in page
    assert "Registered are" not in client.get("/chat/nothing/").content.decode()
    with pytest.raises(Http404) as raised:
        admitted(RequestFactory().get("/"), "nothing")
    assert str(raised.value) == ""


def test_pages_are_not_cached(ann: User, ann_client: Client) -> None:
    echo()
    conversation = filled(ann, 2)
    for path in ("/chat/ask/", *(address(view, conversation) for view in FRAGMENTS)):
        assert "no-store" in ann_client.get(path).headers["Cache-Control"]


@pytest.mark.parametrize("method", ["post", "put", "delete"])
def test_pages_are_only_read(ann: User, ann_client: Client, method: str) -> None:
    echo()
    conversation = filled(ann, 2)
    for path in ("/chat/ask/", *(address(view, conversation) for view in FRAGMENTS)):
        assert getattr(ann_client, method)(path).status_code == 405


def test_heads_are_answered(ann: User, ann_client: Client) -> None:
    echo()
    conversation = filled(ann, 2)
    for path in ("/chat/ask/", *(address(view, conversation) for view in FRAGMENTS)):
        response = ann_client.head(path)
        assert (response.status_code, response.content) == (200, b"")


# A conversation


def test_page_shows_messages(ann: User, ann_client: Client) -> None:
    echo()
    conversation = filled(ann, 3, text="**bold**")
    page = ann_client.get(address("conversation", conversation)).content.decode()
    assert shown(page) == list(conversation.messages.order_by("pk").values_list("pk", flat=True))
    assert page.count("<strong>bold</strong>") == 3
    assert 'data-revision="3"' in page
    assert 'name="token"' not in page


def test_page_shows_newest(ann: User, ann_client: Client) -> None:
    echo()
    conversation = filled(ann, PAGE_SIZE + 10)
    page = ann_client.get(address("conversation", conversation)).content.decode()
    pks = list(conversation.messages.order_by("pk").values_list("pk", flat=True))
    assert shown(page) == pks[10:]
    assert f"?before={pks[10]}" in page


def test_older_messages_are_fetched(ann: User, ann_client: Client) -> None:
    echo()
    conversation = filled(ann, PAGE_SIZE + 10)
    pks = list(conversation.messages.order_by("pk").values_list("pk", flat=True))
    page = ann_client.get(address("log", conversation), {"before": pks[10]}).content.decode()
    assert shown(page) == pks[:10]
    assert "?before=" not in page


@pytest.mark.parametrize("before", ["x", "-1", "1.5", "1 ", "9" * 30, "9" * 5000, "²"])
def test_strange_before_harms_nothing(ann: User, ann_client: Client, before: str) -> None:
    echo()
    conversation = filled(ann, 2)
    assert ann_client.get(address("log", conversation), {"before": before}).status_code in {200, 404}


def test_message_fragment(ann: User, ann_client: Client) -> None:
    echo()
    conversation = filled(ann, 2)
    article = ann_client.get(address("message", conversation)).content.decode()
    assert shown(article) == [conversation.leaf_id]
    assert article.lstrip().startswith("<article")


def test_hidden_message_is_not_found(ann: User, ann_client: Client) -> None:
    echo()
    conversation = filled(ann, 2)
    conversation.messages.update(active=False)
    assert ann_client.get(address("message", conversation)).status_code == 404


def test_message_of_own_other_conversation(ann: User, ann_client: Client) -> None:
    echo()
    here, there = filled(ann, 2), filled(ann, 2)
    path = reverse("chatinterface:message", args=["ask", here.uuid, there.leaf_id])
    assert ann_client.get(path).status_code == 404


@pytest.mark.parametrize("view", FRAGMENTS)
@pytest.mark.parametrize("visitor", ["nobody", "another user", "staff", "another session"])
def test_not_mine_is_not_found(ann: User, view: str, visitor: str) -> None:
    echo()
    conversation = filled(ann, 2)
    client = Client()
    if visitor == "another session":
        client.get("/chat/ask/")
        client.session.save()
    elif visitor != "nobody":
        client.force_login(
            User.objects.create(username="bob", is_staff=visitor == "staff", is_superuser=visitor == "staff")
        )
    response = client.get(address(view, conversation))
    absent = client.get(address(view, conversation).replace(str(conversation.uuid), str(uuid4())))
    assert (response.status_code, response.content) == (absent.status_code, absent.content)
    assert response.status_code == 404


@pytest.mark.parametrize("view", FRAGMENTS)
def test_other_chats_address_is_not_found(ann: User, ann_client: Client, view: str) -> None:
    echo()
    echo(name="tell")
    assert ann_client.get(address(view, filled(ann, 2), "tell")).status_code == 404


@pytest.mark.parametrize("view", FRAGMENTS)
@pytest.mark.parametrize("count", [60, 200])
def test_queries_are_fixed(ann: User, ann_client: Client, view: str, count: int) -> None:
    echo()
    ann_client.get("/chat/ask/")
    numbers = []
    for conversation in (filled(ann, 2), filled(ann, count)):
        with CaptureQueriesContext(connection) as queries:
            ann_client.get(address(view, conversation))
        numbers.append(len(queries))
    assert numbers[0] == numbers[1]
    assert numbers[0] <= 6


def test_page_writes_nothing(ann: User, ann_client: Client) -> None:
    echo()
    conversation = filled(ann, 2)
    with CaptureQueriesContext(connection) as queries:
        for path in ("/chat/ask/", *(address(view, conversation) for view in FRAGMENTS)):
            ann_client.get(path)
    assert [query["sql"] for query in queries if not query["sql"].startswith("SELECT")] == []


def test_user_text_is_escaped(ann: User, ann_client: Client) -> None:
    echo(callback_user="<script>alert(1)</script>")
    conversation = filled(ann, 1, text="<script>alert(1)</script><img src=x onerror=alert(1)>")
    conversation.title = "</title><script>alert(1)</script>"
    conversation.save()
    page = ann_client.get(address("conversation", conversation)).content.decode()
    assert "<script>alert" not in page
    assert "onerror" not in page


@pytest.mark.parametrize(
    ("run", "state"), [("queued", "queued"), ("running", "streaming"), (None, "streaming"), ("done", "idle")]
)
def test_page_knows_its_state(ann: User, ann_client: Client, run: str | None, state: str) -> None:
    echo()
    conversation = filled(ann, 2)
    assert conversation.leaf is not None
    if run != "done":
        conversation.leaf.status = "queued" if run == "queued" else "running"
        conversation.leaf.run = conversation.runs.create(status=run) if run else None
        conversation.leaf.save()
    assert f'data-state="{state}"' in ann_client.get(address("conversation", conversation)).content.decode()


# Who may enter


def test_login_is_asked_for(client: Client) -> None:
    echo(login_required=True)
    response = client.get("/chat/ask/?a=1")
    assert (response.status_code, response.headers["Location"]) == (302, "/accounts/login/?next=/chat/ask/%3Fa%3D1")


def test_login_is_asked_for_by_htmx(client: Client) -> None:
    echo(login_required=True)
    headers = {"HX-Request": "true", "HX-Current-URL": "http://testserver/chat/ask/"}
    response = client.get("/chat/ask/", headers=headers)
    assert response.status_code == 401
    assert response.headers["HX-Redirect"] == "/accounts/login/?next=/chat/ask/"


def test_foreign_current_url_is_not_followed(client: Client) -> None:
    echo(login_required=True)
    headers = {"HX-Request": "true", "HX-Current-URL": "https://evil.com/"}
    assert "evil" not in client.get("/chat/ask/", headers=headers).headers["HX-Redirect"]


def test_logged_in_may_enter(ann_client: Client) -> None:
    echo(login_required=True)
    assert ann_client.get("/chat/ask/").status_code == 200


def test_permission_is_asked_for(client: Client, ann_client: Client) -> None:
    echo(permission_required="auth.add_user")
    assert client.get("/chat/ask/").status_code == 302
    assert ann_client.get("/chat/ask/").status_code == 403


def test_lost_permission_locks_out(ann: User, ann_client: Client) -> None:
    conversation = filled(ann, 2)
    echo(permission_required="auth.add_user")
    for view in FRAGMENTS:
        assert ann_client.get(address(view, conversation)).status_code == 403


@override_settings(LANGUAGE_CODE="ar")
def test_page_is_right_to_left(client: Client) -> None:
    echo()
    assert 'dir="rtl"' in client.get("/chat/ask/").content.decode()


@override_settings(USE_THOUSAND_SEPARATOR=True, LANGUAGE_CODE="de")
def test_numbers_for_scripts_are_plain(ann: User, ann_client: Client) -> None:
    echo(placeholder_threshold=1.5)
    conversation = filled(ann, 1)
    Conversation.objects.update(revision=12345)
    page = ann_client.get(address("conversation", conversation)).content.decode()
    assert 'data-revision="12345"' in page
    assert 'data-placeholder-threshold="1.5"' in page
