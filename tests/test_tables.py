"""The rows of a table, as its reader asks for them."""

import csv
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.db.models.fields.files import FieldFile
from django.test import Client

from chatinterface import ChatInterface, files, registry
from chatinterface.content.tables import sheet
from chatinterface.content.tables.sources import Source
from chatinterface.models import Attachment, Conversation, Message
from chatinterface.views import tables

pytestmark = pytest.mark.django_db

ROWS = [[number, f"name {number}"] for number in range(45)]


@pytest.fixture
def owner() -> User:
    return User.objects.create_user("owner")


@pytest.fixture
def reader(owner: User) -> Client:
    client = Client()
    client.force_login(owner)
    return client


@pytest.fixture
def kept(owner: User, tmp_path: Path) -> Callable[..., Attachment]:
    """Keep a table in a reply of the owner's conversation: ``kept(names, rows)``."""
    registry.register(ChatInterface(str.upper, name="loud"))
    conversation = Conversation.objects.create(interface="loud", user=owner)

    def keep(names: Any = ("id", "name"), rows: Any = ROWS, role: str = "assistant", data: bytes = b"") -> Attachment:
        message = Message.objects.create(conversation=conversation, role=role)
        path = tmp_path / uuid4().hex
        if data:
            path.write_bytes(data)
        else:
            sheet.write(path, Source.of(names, rows), page_size=20)
        with path.open("rb") as source:
            return files.keep(conversation, source, name="table.sqlite3", message=message)

    return keep


def url(attachment: Attachment, view: str = "rows/") -> str:
    return f"/chat/loud/c/{attachment.conversation.uuid}/f/{attachment.uuid}/{view}"


def rows(reader: Client, attachment: Attachment, **asked: Any) -> str:
    response = reader.get(url(attachment), asked)
    assert response.status_code == 200
    return response.content.decode()


def test_first_page(reader: Client, kept: Callable[..., Attachment]) -> None:
    page = rows(reader, kept())
    assert page.count("<tr>") == 21
    assert ">name 19<" in page
    assert "name 20" not in page
    assert "1–20 of 45" in page


def test_pages(reader: Client, kept: Callable[..., Attachment]) -> None:
    page = rows(reader, kept(), page="3")
    assert page.count("<tr>") == 6
    assert "41–45 of 45" in page


def test_sorted(reader: Client, kept: Callable[..., Attachment]) -> None:
    page = rows(reader, kept(), sort="0", dir="desc")
    assert page.index(">44<") < page.index(">43<")
    assert 'aria-sort="descending"' in page


def test_filtered(reader: Client, kept: Callable[..., Attachment]) -> None:
    page = rows(reader, kept(), q="NAME 44")
    assert page.count("<tr>") == 2
    assert "1 row<" in page


def test_filter_stays(reader: Client, kept: Callable[..., Attachment]) -> None:
    """Also where it is sorted or paged."""
    page = rows(reader, kept(), q="name & 1", sort="1")
    assert "?q=name+%26+1&amp;sort=0" in page
    assert 'name="sort" value="1"' in page


@pytest.mark.parametrize(
    "asked",
    [
        {"page": "-1"},
        {"page": "9" * 500},
        {"page": "x"},
        {"sort": "name; DROP TABLE cells"},
        {"sort": "99"},
        {"sort": "٣"},
        {"sort": "-1"},
        {"dir": "sideways"},
        {"q": "\0"},
        {"q": "x" * 100_000},
        {"q": "' OR 1=1 --"},
        {"q": "%"},
    ],
)
def test_odd_questions(reader: Client, kept: Callable[..., Attachment], asked: dict[str, str]) -> None:
    page = rows(reader, kept(), **asked)
    assert "<script" not in page
    assert page.count("<tr>") in {1, 6, 21}


def test_cells_are_escaped(reader: Client, kept: Callable[..., Attachment]) -> None:
    hostile = '"><script>alert(1)</script>'
    page = rows(reader, kept([hostile], [[hostile]]), q=hostile)
    assert "<script" not in page
    assert page.count("&lt;script&gt;") >= 2


def test_missing_is_seen(reader: Client, kept: Callable[..., Attachment]) -> None:
    assert '<td class="ci-missing">–</td>' in rows(reader, kept(["a"], [[None]]))


def test_truth_is_translated(reader: Client, kept: Callable[..., Attachment]) -> None:
    page = rows(reader, kept(["a"], [[True], [False]]))
    assert ">yes<" in page
    assert ">no<" in page


def content(response: Any) -> bytes:
    return b"".join(response.streaming_content)


def test_download_takes_its_time(
    reader: Client, kept: Callable[..., Attachment], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is too slow for a page is not for a file, and no more of it is in memory than goes out."""
    monkeypatch.setattr(sheet, "PATIENCE", -1.0)
    monkeypatch.setattr(sheet, "STEPS", 1)
    monkeypatch.setattr(tables, "ROWS", 3)
    response: Any = reader.get(url(kept(["a"], [[number] for number in range(10)]), "rows.csv"))
    pieces = list(response.streaming_content)
    assert b"".join(pieces).decode("utf-8-sig").split() == ["a", *map(str, range(10))]
    assert len(pieces) == 5


def test_download(reader: Client, kept: Callable[..., Attachment]) -> None:
    response = reader.get(url(kept(["=a"], [[-1], ["=SUM(A1)"], [None]]), "rows.csv"))
    text = content(response).decode("utf-8-sig")
    assert list(csv.reader(io.StringIO(text))) == [["'=a"], ["-1"], ["'=SUM(A1)"], [""]]
    assert response["Content-Disposition"].startswith("attachment")


@pytest.mark.parametrize("text", ["=1", "+1", "-1", "@a", "\ta", " =1", "\n=1", "\uff1d1", "\ufeff@a"])
def test_formulas_are_harmless(reader: Client, kept: Callable[..., Attachment], text: str) -> None:
    response = reader.get(url(kept(["\uff1da"], [[text], [1.5], [None], ["a=b"]]), "rows.csv"))
    cells = [row[0] for row in csv.reader(io.StringIO(content(response).decode("utf-8-sig"), newline=""))]
    assert cells == ["'\uff1da", f"'{text}", "1.5", "", "a=b"]


@pytest.mark.parametrize("view", ["rows/", "rows.csv", "document/"])
def test_others_find_nothing(kept: Callable[..., Attachment], view: str) -> None:
    attachment = kept()
    stranger = Client()
    assert stranger.get(url(attachment, view)).status_code == 404
    stranger.force_login(User.objects.create_user("stranger", is_staff=True))
    assert stranger.get(url(attachment, view)).status_code == 404


@pytest.mark.parametrize("view", ["rows/", "rows.csv"])
def test_uploads_are_no_tables(reader: Client, kept: Callable[..., Attachment], view: str) -> None:
    """A visitor may upload a database, but not have it read."""
    assert reader.get(url(kept(role="user"), view)).status_code == 404


@pytest.mark.parametrize("data", [b"a,b\n1,2\n", b"SQLite format 3\0" + b"\xff" * 4096])
def test_other_files_are_no_tables(reader: Client, kept: Callable[..., Attachment], data: bytes) -> None:
    assert reader.get(url(kept(data=data))).status_code == 404


def test_file_is_gone(reader: Client, kept: Callable[..., Attachment]) -> None:
    attachment = kept()
    attachment.file.storage.delete(str(attachment.file.name))
    assert reader.get(url(attachment)).status_code == 404


def test_storage_elsewhere(reader: Client, kept: Callable[..., Attachment], monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that has no path on this machine is read as a whole."""

    def path(self: FieldFile) -> str:
        raise NotImplementedError

    attachment = kept()
    monkeypatch.setattr(FieldFile, "path", property(path))
    assert "name 19" in rows(reader, attachment)


def test_too_slow(reader: Client, kept: Callable[..., Attachment], monkeypatch: pytest.MonkeyPatch) -> None:
    attachment = kept(rows=[[number, "x"] for number in range(20_000)])
    monkeypatch.setattr(sheet, "PATIENCE", -1.0)
    monkeypatch.setattr(sheet, "STEPS", 1000)
    assert reader.get(url(attachment), {"q": "y"}).status_code == 503
