"""The files of a conversation: whose they are, what they are called, what a browser may do with them."""

import logging
import struct
import zlib
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.contrib.auth.models import Permission, User
from django.urls import reverse
from django.utils import timezone

import chatinterface as chat
from chatinterface import files, registry
from chatinterface.content import filenames
from chatinterface.models import Conversation, Upload
from tests.content.test_media import PNG
from tests.reading import ReadingClient
from tests.sending import Page

pytestmark = pytest.mark.django_db(transaction=True)

NAMES = [
    "../x",
    "..\\x",
    "C:\\x",
    "\\\\host\\x",
    "NUL",
    "com1.txt",
    "a\0b.txt",
    "n" * 300 + ".txt",
    "cod\u202etxt.exe",
    'quo"te\r\nX-Evil: 1.txt',
]
PAGES = {
    "page.html": b"<script>alert(1)</script>",
    "image.svg": b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
    "feed.xml": b"<?xml version='1.0'?><?xml-stylesheet href='x.xsl' type='text/xsl'?><a/>",
    "page.xhtml": b"<html xmlns='http://www.w3.org/1999/xhtml'><script>alert(1)</script></html>",
    "script.js": b"alert(1)",
    "style.css": b"* { color: red }",
    "photo.png": b"<!doctype html><script>alert(1)</script>",
    "photo.jpg": b"<svg onload='alert(1)'/>",
    "noname": b"<!-- --><html><script>alert(1)</script>",
}


@pytest.fixture(autouse=True)
def _echo() -> None:
    chat.register(lambda message: message, name="ask")


@pytest.fixture
def ann() -> User:
    return User.objects.create(username="ann")


@pytest.fixture
def conversation(ann: User) -> Conversation:
    return Conversation.objects.create(user=ann, interface="ask")


def logged_in(user: User) -> ReadingClient:
    client = ReadingClient()
    client.force_login(user)
    return client


def address(conversation: Conversation, content: bytes, name: str) -> str:
    kept = files.keep(conversation, content, name=name)
    return reverse("chatinterface:file", args=["ask", conversation.uuid, kept.uuid])


def staff() -> ReadingClient:
    user = User.objects.create(username="staff", is_staff=True)
    user.user_permissions.set(Permission.objects.exclude(codename__contains="attachment"))
    return logged_in(user)


@pytest.mark.parametrize("who", ["another user", "anonymous", "staff"])
def test_file_of_another_is_404(conversation: Conversation, who: str) -> None:
    clients = {
        "another user": lambda: logged_in(User.objects.create(username="ben")),
        "anonymous": ReadingClient,
        "staff": staff,
    }
    client = clients[who]()
    url = address(conversation, b"secret", "x.txt")
    assert client.get(url).status_code == client.get(url[:-3] + "00/").status_code == 404


def test_file_of_own_other_conversation_is_404(ann: User, conversation: Conversation) -> None:
    other = Conversation.objects.create(user=ann, interface="ask")
    kept = files.keep(conversation, b"x", name="x.txt")
    url = reverse("chatinterface:file", args=["ask", other.uuid, kept.uuid])
    assert logged_in(ann).get(url).status_code == 404


@pytest.mark.parametrize("name", NAMES)
def test_names_never_reach_the_storage(ann: User, conversation: Conversation, own_uploads: Path, name: str) -> None:
    response = logged_in(ann).get(address(conversation, b"x", name))
    stored = [path for path in own_uploads.rglob("*") if path.is_file()]
    assert len(stored) == 1
    assert stored[0].parent == own_uploads / "chatinterface" / conversation.uuid.hex
    assert set(stored[0].name) <= set("0123456789abcdef")
    assert "\r" not in response["Content-Disposition"]
    assert "X-Evil" not in response


@pytest.mark.parametrize("name", PAGES)
def test_documents_are_only_saved(ann: User, conversation: Conversation, name: str) -> None:
    response = logged_in(ann).get(address(conversation, PAGES[name], name))
    assert response["Content-Disposition"].startswith("attachment")
    assert response["Content-Type"] == "application/octet-stream"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in response["Content-Security-Policy"]


def test_false_type_is_found_out(conversation: Conversation) -> None:
    kept = files.keep(conversation, b"MZ\x90\0" + bytes(100), name="holiday.jpg", content_type="image/jpeg")
    assert not kept.content_type.startswith("image/")


# Uploads


def multimodal(**attributes: Any) -> None:
    chat.register(lambda message: "done", **{"name": "files", "multimodal": True, **attributes})


def attack(page: Page, victim: Page, file: UUID) -> list[int]:
    """What somebody else is answered who knows all ids: on the victim's page, and on their own."""
    own, page.uuid = page.uuid, victim.uuid
    theirs = [page.piece(file, b"def", 3, 6, "x.txt"), page.remove(file), page.send("x", [file])]
    page.uuid = own
    mine = [page.piece(file, b"def", 3, 6, "x.txt"), page.send("x", [file]), page.piece(file, b"abc", 0, 3, "x")]
    return [answer.status_code for answer in (*theirs, *mine)]


@pytest.mark.parametrize("begun", [False, True])
@pytest.mark.parametrize("who", ["another user", "anonymous"])
def test_upload_of_another_is_404(ann: User, *, who: str, begun: bool) -> None:
    multimodal()
    victim = Page("files", logged_in(ann))
    if begun:
        victim.send("hello")
        victim.token = ""
    file = uuid4()
    victim.piece(file, b"abc", 0, 6, "x.txt")
    client = ReadingClient() if who == "anonymous" else logged_in(User.objects.create(username="ben"))
    assert attack(Page("files", client), victim, file) == [404, 404, 404, 404, 422, 404]
    assert victim.piece(file, b"def", 3, 6, "x.txt").status_code == 200
    assert victim.send("look", [file]).status_code == 204


def test_token_of_another_opens_nothing(ann: User) -> None:
    multimodal()
    victim, attacker = Page("files", logged_in(ann)), Page("files")
    file = victim.upload(b"secret", "x.txt")
    attacker.uuid, attacker.token = victim.uuid, victim.token
    assert attacker.piece(uuid4(), b"x", 0, 1, "x.txt").status_code == 404
    other = Page("files")
    assert other.send("x", [file], uploads_token=victim.token).status_code == 422


def test_token_ends_with_the_first_message() -> None:
    """A page's token is for a conversation that is to be: once that exists, its owner alone may attach to it."""
    multimodal()
    victim = Page("files")
    token = victim.token
    victim.send("hello")
    file = victim.upload(b"secret", "x.txt")
    attacker = Page("files")
    Conversation.objects.update(created_at=timezone.now() - timedelta(hours=1))
    assert attacker.send("x", [file], uploads_token=token).status_code == 422
    attacker.uuid, attacker.token = victim.uuid, token
    assert attacker.piece(uuid4(), b"x", 0, 1, "x.txt").status_code == 404


@pytest.mark.parametrize("who", ["its owner", "somebody else"])
def test_id_of_a_sent_file_is_taken(who: str) -> None:
    multimodal()
    owner = Page("files")
    file = owner.upload(b"abc", "x.txt")
    owner.send("look", [file])
    page = Page("files", owner.client) if who == "its owner" else Page("files")
    assert page.piece(file, b"other", 0, 5, "x.txt").status_code == 404
    assert page.send("look", [file]).status_code == 422
    assert not Upload.objects.exists()


def test_uploads_need_a_csrf_token() -> None:
    multimodal()
    page = Page("files", ReadingClient(enforce_csrf_checks=True))
    assert page.piece(uuid4(), b"x", 0, 1, "x.txt").status_code == 403
    assert page.remove(uuid4()).status_code == 403


def test_login_is_asked_for() -> None:
    multimodal()
    page = Page("files")
    registry.unregister("files")
    multimodal(login_required=True)
    assert page.piece(uuid4(), b"x", 0, 1, "x.txt").status_code == 302
    assert not Upload.objects.exists()


def test_length_is_not_believed(own_uploads: Path) -> None:
    multimodal(max_file_size="1kb")
    page = Page("files")
    answer = page.piece(uuid4(), bytes(1_000_000), 0, 10, "x.bin")
    assert answer.status_code == 422
    assert not Upload.objects.exists()
    assert [path for path in own_uploads.rglob("*") if path.is_file()] == []


@pytest.mark.parametrize("name", NAMES)
def test_names_of_uploads_are_harmless(own_uploads: Path, name: str) -> None:
    multimodal()
    Page("files").upload(b"x", name)
    upload = Upload.objects.get()
    assert upload.name == filenames.clean(name)
    assert set(Path(upload.path).name) <= set("0123456789abcdef")


def test_decompression_bomb_is_refused(own_uploads: Path) -> None:
    pytest.importorskip("PIL")
    multimodal()
    header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    bomb = PNG[:8] + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")
    page = Page("files")
    answer = page.piece(uuid4(), bomb, 0, len(bomb), "x.png")
    assert (answer.status_code, "too many pixels" in answer.content.decode()) == (422, True)
    assert [path for path in own_uploads.rglob("*") if path.is_file()] == []


def chunk(kind: bytes, content: bytes) -> bytes:
    """A chunk of a PNG."""
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def test_log_has_no_name(caplog: pytest.LogCaptureFixture) -> None:
    multimodal()
    page = Page("files")
    with caplog.at_level(logging.INFO):
        page.send("look", [page.upload(b"x", "private-letter.txt")])
    assert "private-letter" not in caplog.text
    assert page.token not in caplog.text
