"""Links to conversations: what they show, and to whom."""

from typing import Any
from uuid import UUID, uuid4

import pytest
from django.contrib.auth.models import AnonymousUser, User
from django.core.exceptions import ImproperlyConfigured
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

import chatinterface as chat
from chatinterface import ChatInterface, conversations, files, registry, replies, sharing, versions
from chatinterface.content.parts import text_parts
from chatinterface.exceptions import Busy, NotShareable
from chatinterface.history import Visitor
from chatinterface.models import Conversation, Message
from chatinterface.shared_link import SharedLink

pytestmark = pytest.mark.django_db

ME = Visitor(user=AnonymousUser(), session_key="mine")


def chats(**attributes: Any) -> ChatInterface:
    return chat.register(
        ChatInterface(lambda message: message, **{"name": "ask", "shareable": True, "editable": "all", **attributes})
    )


def ask(interface: ChatInterface, uuid: UUID, text: str, who: Visitor = ME, **reply: Any) -> Message:
    """Say something, and have it answered."""
    exchange = conversations.send(interface, who, uuid, text, may_create=True)
    settled = {"parts": text_parts(f"You said {text}"), "html": f"<p>You said {text}</p>", **reply}
    replies.settle(exchange.reply, exchange.run, status=Message.Status.DONE, **settled)
    return exchange.reply


def read(client: Client, link: SharedLink, **query: Any) -> HttpResponse:
    response = client.get(reverse("chatinterface:shared", args=["ask", link.token]), query)
    assert isinstance(response, HttpResponse)
    return response


def page(client: Client, link: SharedLink, **query: Any) -> str:
    response = read(client, link, **query)
    assert response.status_code == 200
    return response.content.decode()


def test_anybody_reads_it(client: Client) -> None:
    interface = chats(login_required=True, permission_required="auth.view_user")
    uuid = uuid4()
    ask(interface, uuid, "first")
    link = sharing.share(interface, ME, uuid)
    shown = page(client, link)
    assert "first" in shown
    assert "You said first" in shown


def test_it_is_only_read(client: Client) -> None:
    interface = chats(flagging_mode="manual")
    uuid = uuid4()
    ask(interface, uuid, "first")
    shown = page(client, sharing.share(interface, ME, uuid))
    for word in ("<form", "hx-post", "data-socket-url", 'data-action="send', 'data-action="edit', uuid.hex, str(uuid)):
        assert word not in shown


def test_nobody_is_led_to_it(client: Client) -> None:
    interface = chats()
    uuid = uuid4()
    ask(interface, uuid, "first")
    response = read(client, sharing.share(interface, ME, uuid))
    assert response.headers["X-Robots-Tag"] == "noindex, nofollow"
    assert response.headers["Referrer-Policy"] == "no-referrer"
    assert "no-store" in response.headers["Cache-Control"]
    assert '<meta name="robots" content="noindex, nofollow">' in response.content.decode()


def test_it_stays_as_it_was(client: Client) -> None:
    interface = chats()
    uuid = uuid4()
    reply = ask(interface, uuid, "first")
    link = sharing.share(interface, ME, uuid)
    ask(interface, uuid, "second")
    conversations.edit(interface, ME, uuid, reply.pk, "put right")
    versions.clear(interface, ME, uuid)
    shown = page(client, link)
    assert "You said first" in shown
    assert "second" not in shown
    assert "put right" not in shown


def test_token_cannot_be_guessed() -> None:
    interface = chats()
    tokens = set()
    for _ in range(3):
        uuid = uuid4()
        ask(interface, uuid, "first")
        tokens.add(sharing.share(interface, ME, uuid).token)
    assert len(tokens) == 3
    assert min(map(len, tokens)) >= 43


def test_sharing_twice_is_one_link() -> None:
    interface = chats()
    uuid = uuid4()
    ask(interface, uuid, "first")
    first = sharing.share(interface, ME, uuid)
    assert sharing.share(interface, ME, uuid) == first
    assert sharing.share(interface, ME, uuid, shows_files=True) != first
    ask(interface, uuid, "second")
    assert sharing.share(interface, ME, uuid) != first


def test_revoked_leads_nowhere(client: Client) -> None:
    interface = chats()
    uuid = uuid4()
    ask(interface, uuid, "first")
    link = sharing.share(interface, ME, uuid)
    sharing.revoke(interface, ME, link.token)
    refused = read(client, link)
    unknown = client.get(reverse("chatinterface:shared", args=["ask", "x" * 43]))
    assert (refused.status_code, refused.content) == (unknown.status_code, unknown.content)
    assert refused.status_code == 404
    assert sharing.links(interface, ME) == []
    assert sharing.share(interface, ME, uuid) != link


def test_deleted_leads_nowhere(client: Client) -> None:
    interface = chats()
    uuid = uuid4()
    reply = ask(interface, uuid, "first")
    link = sharing.share(interface, ME, uuid)
    Conversation.objects.update(deleted_at=reply.created_at)
    assert read(client, link).status_code == 404
    Conversation.objects.all().delete()
    assert not SharedLink.objects.exists()


def test_switched_off_leads_nowhere(client: Client) -> None:
    interface = chats()
    uuid = uuid4()
    ask(interface, uuid, "first")
    link = sharing.share(interface, ME, uuid)
    registry.unregister("ask")
    chats(shareable=False)
    assert read(client, link).status_code == 404


def test_of_another_chat(client: Client) -> None:
    interface = chats()
    chats(name="tell")
    uuid = uuid4()
    ask(interface, uuid, "first")
    link = sharing.share(interface, ME, uuid)
    assert client.get(reverse("chatinterface:shared", args=["tell", link.token])).status_code == 404


def test_owner_is_not_named(client: Client) -> None:
    interface = chats(user="Ann Smith")
    ann = User.objects.create(username="ann1", email="ann@example.org", first_name="Ann", last_name="Smith")
    who, uuid = Visitor(user=ann), uuid4()
    ask(interface, uuid, "first", who)
    Message.objects.filter(role="assistant").update(user_name="ann@example.org")
    shown = page(client, sharing.share(interface, who, uuid))
    for name in ("ann1", "ann@example.org", "Ann Smith"):
        assert name not in shown
    assert "Visitor" in shown


def test_not_shareable() -> None:
    with pytest.raises(NotShareable):
        sharing.share(chats(name="closed", shareable=False), ME, uuid4())
    interface = chats()
    uuid = uuid4()
    ask(interface, uuid, "first")
    versions.clear(interface, ME, uuid)
    with pytest.raises(NotShareable):
        sharing.share(interface, ME, uuid)


def test_not_while_a_reply_is_written() -> None:
    interface = chats()
    exchange = conversations.send(interface, ME, uuid4(), "first", may_create=True)
    with pytest.raises(Busy):
        sharing.share(interface, ME, exchange.conversation.uuid)


def test_pages_of_a_long_one(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sharing, "PAGE_SIZE", 4)
    interface = chats()
    uuid = uuid4()
    for number in range(4):
        ask(interface, uuid, f"number {number}")
    link = sharing.share(interface, ME, uuid)
    with CaptureQueriesContext(connection) as queries:
        first = page(client, link)
    assert "You said number 1" in first
    assert "number 2" not in first
    after = first.partition("?after=")[2].partition('"')[0]
    second = page(client, link, after=after)
    assert "You said number 3" in second
    assert "number 1" not in second
    assert "?after=" not in second
    assert len(queries) <= 4
    assert read(client, link, after="x").status_code == 404


@pytest.fixture
def uploads(settings: Any, tmp_path: Any) -> None:
    settings.STORAGES = {
        **settings.STORAGES,
        "chatinterface": {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": tmp_path}},
    }


def with_file(interface: ChatInterface, uuid: UUID) -> str:
    """A reply with a file in it; returns the file's id."""
    reply = ask(interface, uuid, "a file")
    attachment = files.keep(reply.conversation, b"what is in it", name="secret.txt", message=reply)
    parts = [*text_parts("Here it is."), files.part(attachment)]
    Message.objects.filter(pk=reply.pk).update(parts=parts, html="<p>/chat/ask/c/</p>")
    return str(attachment.uuid)


def shared_file(client: Client, link: SharedLink, file: str) -> Any:
    return client.get(reverse("chatinterface:shared-file", args=["ask", link.token, file]))


@pytest.mark.usefixtures("uploads")
def test_files_are_shown_where_chosen(client: Client) -> None:
    interface = chats()
    uuid = uuid4()
    file = with_file(interface, uuid)
    link = sharing.share(interface, ME, uuid, shows_files=True)
    shown = page(client, link)
    address = reverse("chatinterface:shared-file", args=["ask", link.token, file])
    assert address in shown
    assert "/c/" not in shown
    response = shared_file(client, link, file)
    assert b"".join(response.streaming_content) == b"what is in it"
    assert response.headers["X-Robots-Tag"] == "noindex, nofollow"


@pytest.mark.usefixtures("uploads")
def test_files_are_not_shown_by_themselves(client: Client) -> None:
    interface = chats()
    uuid = uuid4()
    file = with_file(interface, uuid)
    link = sharing.share(interface, ME, uuid)
    shown = page(client, link)
    assert "Here it is." in shown
    assert "secret.txt" not in shown
    assert "A file that is not shown here" in shown
    assert shared_file(client, link, file).status_code == 404


@pytest.mark.usefixtures("uploads")
def test_other_files_of_the_conversation(client: Client) -> None:
    interface = chats()
    uuid = uuid4()
    ask(interface, uuid, "first")
    link = sharing.share(interface, ME, uuid, shows_files=True)
    assert shared_file(client, link, with_file(interface, uuid)).status_code == 404
    later = sharing.share(interface, ME, uuid, shows_files=True)
    file = with_file(interface, uuid4())
    assert shared_file(client, later, file).status_code == 404
    assert shared_file(client, later, str(uuid4())).status_code == 404


PICTURE = {"type": "file", "file": uuid4().hex, "name": "secret.png", "content_type": "image/png", "size": 1}


def component(kind: str, text: str) -> dict[str, Any]:
    return {"type": "component", "component": kind, "props": {"items": [PICTURE], "alt": "A"}, "text": text}


@pytest.mark.parametrize(
    ("part", "shown", "hidden"),
    [
        (component("image", "A cat"), "A cat", "png"),
        (component("table", "A table"), "A table", "png"),
        (component("made_up", "Made up"), "Made up", "png"),
        ({"type": "input", "secret": True, "text": "hunter2"}, "first", "hunter2"),
        ({"type": "step", "title": "Thinking", "status": "success", "parts": [PICTURE]}, "Thinking", "secret.png"),
    ],
)
def test_parts_without_files(client: Client, part: dict[str, Any], shown: str, hidden: str) -> None:
    interface = chats()
    uuid = uuid4()
    reply = ask(interface, uuid, "first")
    Message.objects.filter(pk=reply.pk).update(parts=[part], html=f"<p>{hidden}</p>")
    html = page(client, sharing.share(interface, ME, uuid))
    body = html.partition('data-role="assistant"')[2]
    assert shown in html
    assert hidden not in body


def test_list_of_ones_own(client: Client) -> None:
    interface = chats()
    ann = User.objects.create(username="ann")
    client.force_login(ann)
    uuid, other = uuid4(), uuid4()
    ask(interface, uuid, "mine", Visitor(user=ann))
    ask(interface, other, "theirs")
    sharing.share(interface, ME, other)
    response = client.post(reverse("chatinterface:share", args=["ask", uuid]), {"shows_files": "on"})
    link = SharedLink.objects.get(conversation__user=ann)
    address = reverse("chatinterface:shared", args=["ask", link.token])
    for html in (
        response.content.decode(),
        client.get(reverse("chatinterface:links", args=["ask", uuid])).content.decode(),
    ):
        assert html.count('data-action="copy-link"') == 1
        assert address in html
        assert "with files" in html
    response = client.post(reverse("chatinterface:revoke", args=["ask", uuid, link.token]))
    assert address not in response.content.decode()


def test_only_where_it_is_allowed(client: Client) -> None:
    interface = chats(shareable=False)
    uuid = uuid4()
    client.force_login(ann := User.objects.create(username="ann"))
    ask(interface, uuid, "mine", Visitor(user=ann))
    assert client.get(reverse("chatinterface:links", args=["ask", uuid])).status_code == 404
    assert client.post(reverse("chatinterface:share", args=["ask", uuid])).status_code == 422
    assert (
        'data-action="share"'
        not in client.get(reverse("chatinterface:conversation", args=["ask", uuid])).content.decode()
    )


def test_wrong_declaration() -> None:
    with pytest.raises(ImproperlyConfigured, match="must be True or False"):
        chats(shareable="yes")
