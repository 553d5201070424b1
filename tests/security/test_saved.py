"""Whose a conversation is, for all that the list can do with it."""

import json
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.contrib.auth.models import Permission, User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from chatinterface import registry, transcripts
from chatinterface.history import Visitor
from chatinterface.models import Conversation
from tests.saved import anonymous, register, said

pytestmark = pytest.mark.django_db

READ = ["export-markdown", "export-json", "history-item"]
DONE = ["rename", "pin", "archive", "see", "delete", "restore"]
STRANGERS = ["nobody", "session", "user", "staff"]


@pytest.fixture(autouse=True)
def notes() -> None:
    register()
    register("other")


@pytest.fixture
def owner() -> Client:
    client = Client()
    client.force_login(User.objects.create_user("ann"))
    return client


@pytest.fixture
def theirs(owner: Client) -> Conversation:
    return said(Visitor(user=User.objects.get(username="ann")), "a secret", title="secret")


@pytest.fixture(params=STRANGERS)
def stranger(request: pytest.FixtureRequest) -> Client:
    client = Client()
    if request.param == "session":
        session = client.session
        session.create()
        client.cookies["sessionid"] = key = str(session.session_key)
        said(anonymous(key), "mine")
    elif request.param != "nobody":
        user = User.objects.create_user("bob", is_staff=request.param == "staff")
        if request.param == "staff":
            user.user_permissions.set(Permission.objects.filter(codename__startswith="view_"))
        client.force_login(user)
    return client


def ask(client: Client, view: str, uuid: UUID, name: str = "notes") -> Any:
    address = reverse(f"chatinterface:{view}", args=[name, uuid])
    return client.get(address) if view in READ else client.post(address, {"title": "stolen"})


@pytest.mark.parametrize("view", READ + DONE)
def test_strangers_get_404(stranger: Client, theirs: Conversation, view: str) -> None:
    """The same as for what does not exist, and nothing is changed."""
    before = Conversation.objects.filter(pk=theirs.pk).values().get()
    refused, missing = ask(stranger, view, theirs.uuid), ask(stranger, view, uuid4())
    assert refused.status_code == missing.status_code == 404
    assert refused.content == missing.content
    assert Conversation.objects.filter(pk=theirs.pk).values().get() == before


@pytest.mark.parametrize("view", READ + DONE)
def test_deleted_is_404(owner: Client, theirs: Conversation, view: str) -> None:
    """For its owner too, but for the undo."""
    assert ask(owner, "delete", theirs.uuid).status_code == 204
    expected = 204 if view == "restore" else 404
    assert ask(owner, view, theirs.uuid).status_code == expected


@pytest.mark.parametrize("view", ["conversation", "log"])
def test_deleted_page_is_404(owner: Client, theirs: Conversation, view: str) -> None:
    ask(owner, "delete", theirs.uuid)
    assert owner.get(reverse(f"chatinterface:{view}", args=["notes", theirs.uuid])).status_code == 404
    assert owner.post(reverse("chatinterface:send", args=["notes", theirs.uuid]), {"message": "x"}).status_code == 404


@pytest.mark.parametrize("view", READ + DONE)
def test_only_in_its_own_chat(owner: Client, theirs: Conversation, view: str) -> None:
    assert ask(owner, view, theirs.uuid, "other").status_code == 404


@pytest.mark.parametrize("query", ["", "?archived=1", "?q=secret", "?q=sec", "?after=20300101000000000000-1"])
def test_list_is_the_visitors(stranger: Client, theirs: Conversation, query: str) -> None:
    page = stranger.get(reverse("chatinterface:history", args=["notes"]) + query).content.decode()
    assert str(theirs.uuid) not in page
    assert "secret" not in page


def test_page_lists_the_visitors(stranger: Client, theirs: Conversation) -> None:
    assert str(theirs.uuid) not in stranger.get("/chat/notes/").content.decode()


def test_undo_is_the_visitors(owner: Client, stranger: Client, theirs: Conversation) -> None:
    ask(owner, "delete", theirs.uuid)
    assert ask(stranger, "restore", theirs.uuid).status_code == 404
    assert ask(owner, "restore", theirs.uuid).status_code == 204


@pytest.mark.parametrize("view", DONE)
def test_actions_need_a_token(theirs: Conversation, view: str) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(User.objects.get(username="ann"))
    assert ask(client, view, theirs.uuid).status_code == 403
    assert client.post("/chat/notes/import/").status_code == 403


@pytest.mark.parametrize("view", DONE)
def test_actions_are_posts(owner: Client, theirs: Conversation, view: str) -> None:
    before = Conversation.objects.values().get()
    assert owner.get(reverse(f"chatinterface:{view}", args=["notes", theirs.uuid])).status_code == 405
    assert Conversation.objects.values().get() == before


@pytest.mark.parametrize("query", ["", "?q=secret", "?archived=1"])
def test_reading_changes_nothing(owner: Client, theirs: Conversation, query: str) -> None:
    before = Conversation.objects.values().get()
    for address in ("/chat/notes/", f"/chat/notes/history/{query}", f"/chat/notes/history/{theirs.uuid}/"):
        assert owner.get(address).status_code == 200
    assert Conversation.objects.values().get() == before


@pytest.mark.parametrize("path", ["history/", f"history/{UUID(int=1)}/"])
def test_chat_without_list_has_none(owner: Client, path: str) -> None:
    register("quiet", save_history=False)
    assert owner.get(f"/chat/quiet/{path}").status_code == 404
    assert owner.post("/chat/quiet/import/").status_code == 404
    assert b"data-history" not in owner.get("/chat/quiet/").content


HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(1)>"


def test_titles_are_text(owner: Client, theirs: Conversation) -> None:
    owner.post(reverse("chatinterface:rename", args=["notes", theirs.uuid]), {"title": HOSTILE})
    for address in ("/chat/notes/", "/chat/notes/history/", "/chat/notes/history/?q=alert"):
        page = owner.get(address).content.decode()
        assert "alert" in page
        assert "<script>alert" not in page
        assert "<img src=x" not in page


def test_finds_are_text(owner: Client) -> None:
    said(Visitor(user=User.objects.get(username="ann")), HOSTILE)
    page = owner.get("/chat/notes/history/?q=alert").content.decode()
    assert "<mark>alert</mark>" in page
    assert "<script>" not in page
    assert "<img" not in page


def bring(client: Client, data: Any) -> Any:
    file: Any = json.dumps(data).encode() if not isinstance(data, bytes) else data

    return client.post("/chat/notes/import/", {"file": SimpleUploadedFile("x.json", file)})


def test_import_is_rendered_anew(owner: Client, theirs: Conversation) -> None:
    data = transcripts.to_json(theirs)
    data["title"] = HOSTILE
    data["messages"][0] |= {
        "html": HOSTILE,
        "role": "assistant",
        "name": HOSTILE,
        "parts": [{"type": "text", "text": HOSTILE, "html": HOSTILE}, {"type": "component", "text": HOSTILE}],
    }
    page = owner.get(bring(owner, data)["HX-Redirect"]).content.decode()
    assert "<script>alert" not in page
    assert "onerror=" not in page.replace("onerror=alert(1)&gt;", "")


def test_import_points_to_no_file(owner: Client, theirs: Conversation) -> None:
    data = transcripts.to_json(theirs)
    data["messages"][0]["parts"] = [{"type": "file", "file": uuid4().hex, "name": "others.txt"}]
    page = owner.get(bring(owner, data)["HX-Redirect"]).content.decode()
    assert "/f/" not in page
    assert "others.txt" in page


@pytest.mark.parametrize("data", [b"", b"{}", b"[" * 100_000, b"\0", b"\xff", {"format": "x"}])
def test_import_refuses_in_words(owner: Client, data: Any) -> None:
    answer = bring(owner, data)
    assert answer.status_code == 422
    assert b"<li>" in answer.content
    assert not Conversation.objects.exists()


def test_refused_import_leaves_no_session() -> None:
    client = Client()
    assert bring(client, b"{}").status_code == 422
    assert client.post("/chat/notes/import/").status_code == 422
    assert "sessionid" not in client.cookies


def test_imports_count_as_messages(owner: Client, theirs: Conversation) -> None:
    registry.unregister("notes")
    register(rate_limit="1/h")
    data = transcripts.to_json(theirs)
    assert [bring(owner, data).status_code for _ in range(2)] == [200, 422]


def test_import_is_bounded(owner: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transcripts, "LARGEST", 1000)
    answer = bring(owner, b" " * 1001)
    assert answer.status_code == 422
    assert b"too large" in answer.content


def test_anonymous_import_is_the_sessions(theirs: Conversation) -> None:
    client = Client()
    answer = bring(client, transcripts.to_json(theirs))
    assert client.get(answer["HX-Redirect"]).status_code == 200
    assert Client().get(answer["HX-Redirect"]).status_code == 404


def test_export_is_a_download(owner: Client, theirs: Conversation) -> None:
    theirs.title = 'a"; filename="evil.html\r\nX: y'
    theirs.save()
    for view in ("export-markdown", "export-json"):
        answer = ask(owner, view, theirs.uuid)
        assert answer["Content-Disposition"].startswith('attachment; filename="a-filenameevilhtml-x-y.')
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert "html" not in answer["Content-Type"]
    assert json.loads(answer.content) == transcripts.to_json(theirs)


@pytest.mark.parametrize(
    "query", ["?after=x", "?after=99999999999999999999-1", "?before=x&q=y", "?q=y&before=-1", f"?q=y&before={'9' * 30}"]
)
def test_strange_places_are_404(owner: Client, query: str) -> None:
    assert owner.get(f"/chat/notes/history/{query}").status_code == 404


@pytest.mark.parametrize(
    "text", ["\0", "\ud800", "x" * 100_000, "' OR 1=1 --", '"" NEAR', "\u202e", "🙂" * 500, "( " * 5000]
)
def test_strange_searches_find_nothing(owner: Client, theirs: Conversation, text: str) -> None:
    answer = owner.get("/chat/notes/history/", {"q": text.encode("utf-8", "replace").decode()})
    assert answer.status_code == 200
    assert b"data-history-item" not in answer.content
