import hashlib
import io
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, connection, transaction
from django.db.models.signals import pre_save
from django.test import AsyncClient
from django.urls import reverse

import chatinterface as chat
from chatinterface import files
from chatinterface.models import Attachment, Conversation
from tests.content.test_media import PNG, sound
from tests.reading import ReadingClient

pytestmark = pytest.mark.django_db

ROBOTS = b"hello, world\n"


@pytest.fixture(autouse=True)
def _echo() -> None:
    chat.register(lambda message: message, name="ask")


@pytest.fixture
def ann() -> User:
    return User.objects.create(username="ann")


@pytest.fixture
def client(ann: User) -> ReadingClient:
    client = ReadingClient()
    client.force_login(ann)
    return client


@pytest.fixture
def conversation(ann: User) -> Conversation:
    return Conversation.objects.create(user=ann, interface="ask")


def address(attachment: Attachment, name: str = "ask") -> str:
    return reverse("chatinterface:file", args=[name, attachment.conversation.uuid, attachment.uuid])


def pieces() -> Iterator[bytes]:
    yield b"hello, "
    yield b""
    yield b"world\n"


def body(response: Any) -> bytes:
    content: bytes = response.body
    return content


def exists(attachment: Attachment) -> bool:
    return files.storage().exists(str(attachment.file.name))


# Keeping


@pytest.mark.parametrize(
    "source",
    [
        ROBOTS,
        bytearray(ROBOTS),
        memoryview(ROBOTS),
        io.BytesIO(ROBOTS),
        ContentFile(ROBOTS),
        SimpleUploadedFile("x", ROBOTS),
        [ROBOTS],
        pieces(),
    ],
)
def test_every_source_is_kept(conversation: Conversation, source: files.Source) -> None:
    kept = files.keep(conversation, source, name="hello.txt")
    with kept.file.open() as opened:
        assert opened.read() == ROBOTS
    assert kept.size == len(ROBOTS)
    assert kept.sha256 == hashlib.sha256(ROBOTS).hexdigest()
    assert (kept.name, kept.content_type) == ("hello.txt", "text/plain")


def test_open_file_is_kept(conversation: Conversation, tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(PNG)
    with path.open("rb") as opened:
        assert files.keep(conversation, opened, name="x.png").content_type == "image/png"


def test_large_file_is_never_in_memory(conversation: Conversation) -> None:
    chunk = bytes(files.CHUNK)
    tracemalloc.start()
    kept = files.keep(conversation, (chunk for _ in range(512)), name="large")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert kept.size == 512 * files.CHUNK
    assert peak < 2 * 1024 * 1024


def test_failure_leaves_no_file(conversation: Conversation, own_uploads: Path) -> None:
    def fail(**kwargs: object) -> None:
        raise DatabaseError

    pre_save.connect(fail, sender=Attachment)
    try:
        with pytest.raises(DatabaseError):
            files.keep(conversation, ROBOTS, name="x")
    finally:
        pre_save.disconnect(fail, sender=Attachment)
    assert [path for path in own_uploads.rglob("*") if path.is_file()] == []


def test_part_describes_file(conversation: Conversation) -> None:
    kept = files.keep(conversation, PNG, name="a.png")
    assert files.part(kept, alt_text="A dot") == {
        "type": "file",
        "file": kept.uuid.hex,
        "name": "a.png",
        "content_type": "image/png",
        "size": len(PNG),
        "alt_text": "A dot",
    }


# Deleting


@pytest.mark.django_db(transaction=True)
def test_conversation_takes_its_files_along(conversation: Conversation) -> None:
    kept = files.keep(conversation, ROBOTS, name="x")
    with transaction.atomic():
        conversation.delete()
        assert exists(kept)
    assert not exists(kept)


@pytest.mark.django_db(transaction=True)
def test_user_takes_the_files_along(conversation: Conversation, ann: User) -> None:
    kept = files.keep(conversation, ROBOTS, name="x")
    ann.delete()
    assert not exists(kept)


@pytest.mark.django_db(transaction=True)
def test_deletion_undone_keeps_the_file(conversation: Conversation) -> None:
    kept = files.keep(conversation, ROBOTS, name="x")
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        conversation.delete()
        raise ZeroDivisionError
    assert exists(kept)


# Serving


def test_owner_gets_the_file(client: ReadingClient, conversation: Conversation) -> None:
    response = client.get(address(files.keep(conversation, ROBOTS, name="hello.txt")))
    assert body(response) == ROBOTS
    assert response["Content-Length"] == str(len(ROBOTS))
    assert response["Content-Type"] == "text/plain; charset=utf-8"
    assert response["Content-Disposition"] == 'inline; filename="hello.txt"'
    assert response["Cache-Control"] == "private, no-cache"
    assert response["X-Frame-Options"] == "SAMEORIGIN"


@pytest.mark.parametrize(
    ("header", "status", "content", "part"),
    [
        ("bytes=0-4", 206, b"hello", "bytes 0-4/13"),
        ("bytes=-6", 206, b"world\n", "bytes 7-12/13"),
        ("bytes=7-", 206, b"world\n", "bytes 7-12/13"),
        ("bytes=0-1,3-4", 200, ROBOTS, None),
        ("nonsense", 200, ROBOTS, None),
    ],
)
def test_ranges_are_served(
    client: ReadingClient, conversation: Conversation, header: str, status: int, content: bytes, part: str | None
) -> None:
    response = client.get(address(files.keep(conversation, ROBOTS, name="x.txt")), headers={"Range": header})
    assert (response.status_code, body(response), response.get("Content-Range")) == (status, content, part)
    assert response["Content-Length"] == str(len(content))


def test_range_behind_the_end(client: ReadingClient, conversation: Conversation) -> None:
    response = client.get(address(files.keep(conversation, ROBOTS, name="x.txt")), headers={"Range": "bytes=13-"})
    assert (response.status_code, response["Content-Range"]) == (416, "bytes */13")


def test_part_of_another_version_is_not_continued(client: ReadingClient, conversation: Conversation) -> None:
    url = address(files.keep(conversation, ROBOTS, name="x.txt"))
    etag = client.get(url)["ETag"]
    same = client.get(url, headers={"Range": "bytes=0-4", "If-Range": etag})
    other = client.get(url, headers={"Range": "bytes=0-4", "If-Range": '"other"'})
    assert (same.status_code, other.status_code) == (206, 200)


def test_unchanged_file_is_not_sent_again(client: ReadingClient, conversation: Conversation) -> None:
    url = address(files.keep(conversation, ROBOTS, name="x.txt"))
    again = client.get(url, headers={"If-None-Match": client.get(url)["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_head_tells_the_size(client: ReadingClient, conversation: Conversation) -> None:
    response = client.head(address(files.keep(conversation, ROBOTS, name="x.txt")))
    assert (response["Content-Length"], response["Accept-Ranges"], response.content) == ("13", "bytes", b"")


def test_players_get_a_stretch(client: ReadingClient, conversation: Conversation) -> None:
    recorded = sound() + bytes(5 * 1024 * 1024)
    kept = files.keep(conversation, recorded, name="x.wav")
    response = client.get(address(kept), headers={"Range": "bytes=0-"})
    assert response["Content-Range"] == f"bytes 0-4194303/{len(recorded)}"
    assert body(response) == recorded[:4194304]


def test_missing_file_is_404(client: ReadingClient, conversation: Conversation) -> None:
    kept = files.keep(conversation, ROBOTS, name="x.txt")
    files.storage().delete(str(kept.file.name))
    assert client.get(address(kept)).status_code == 404


@pytest.mark.django_db(transaction=True)
async def test_async_server_streams(conversation: Conversation, ann: User) -> None:
    client = AsyncClient()
    await client.aforce_login(ann)
    kept = await Attachment.objects.acreate(
        conversation=conversation, **files.store(conversation.uuid, ROBOTS * 10_000, name="x.txt")
    )
    response = await client.get(address(kept))
    assert response.is_async  # type: ignore[attr-defined]
    parts = [part async for part in response.streaming_content]  # type: ignore[attr-defined]
    assert b"".join(parts) == ROBOTS * 10_000
    assert max(map(len, parts)) == files.CHUNK


def test_file_costs_fixed_queries(
    client: ReadingClient, conversation: Conversation, django_assert_num_queries: object
) -> None:
    url = address(files.keep(conversation, ROBOTS, name="x.txt"))
    with django_assert_num_queries(4, connection=connection):  # type: ignore[operator]
        client.get(url)


def test_unknown_file_is_404(client: ReadingClient, conversation: Conversation) -> None:
    assert client.get(reverse("chatinterface:file", args=["ask", conversation.uuid, uuid4()])).status_code == 404
