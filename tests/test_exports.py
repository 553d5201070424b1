"""Flags as files: what is in them, that nothing in them runs, and that they are made in constant memory."""

import csv
import io
import json
import tracemalloc
from collections.abc import AsyncIterator
from typing import Any, cast

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth.models import User
from django.db import connection
from django.http import StreamingHttpResponse
from django.test import AsyncClient, Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chatinterface.flags import exports
from chatinterface.flags.exports import BATCH
from chatinterface.models import Flag, Message
from tests.flags import advisor, exchange, flag, many, said, staff

pytestmark = pytest.mark.django_db

# Bytes that an export may take at its peak, however many flags there are.
FLAT = 10 * 1024 * 1024
# What would be in memory if all were there at once is many times that.
LONG = "long " * 4_000


@pytest.fixture
def exporter() -> Client:
    return staff("view_flag", "export_flag", "review_flag")


def download(client: Client, kind: str, query: str = "") -> str:
    response = client.get(reverse("admin:chatinterface_flag_export", args=[kind]) + f"?{query}")
    assert response.status_code == 200
    assert "attachment" in response.headers["Content-Disposition"]
    content: bytes = response.getvalue()
    return content.decode()


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline="")))


def lines(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def versions(question: str = "Which?", *texts: str) -> list[Message]:
    """A question with several replies to it, the last of them shown."""
    first, *others = texts
    reply = exchange(question, first)
    made = [reply]
    for text in others:
        Message.objects.filter(conversation=reply.conversation, parent=reply.parent).update(active=False)
        made.append(said(reply.conversation, "assistant", text, parent=reply.parent))
    return made


def judged(message: Message, option: str, **fields: Any) -> Flag:
    """Flag a version while it is the one that is shown."""
    Message.objects.filter(parent=message.parent).update(active=False)
    Message.objects.filter(pk=message.pk).update(active=True)
    made = flag(message, option)
    Flag.objects.filter(pk=made.pk).update(**fields)
    return made


def test_csv(exporter: Client) -> None:
    which = flag(exchange("How,\n“now”?", "So;\r\nso"), comment="Größe")
    (row,) = rows(download(exporter, "csv"))
    assert tuple(row) == exports.COLUMNS
    assert row["id"] == str(which.pk)
    assert (row["question"], row["reply"], row["comment"]) == ("How,\n“now”?", "So;\r\nso", "Größe")
    assert (row["user"], row["option"], row["status"], row["reviewer"]) == ("ann", "Dislike", "open", "")


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t=", "\r", "\uff1d"])
def test_csv_runs_nothing(exporter: Client, start: str) -> None:
    """Whatever cell it is in."""
    formula = f"{start}cmd|' /C calc'!A0"
    advisor(flagging_options=[formula.strip()])
    user = User.objects.create(username=formula.strip())
    which = flag(exchange(formula, formula, user=user.username), formula.strip(), formula)
    Flag.objects.filter(pk=which.pk).update(note=formula, reviewer=user, comment=formula)
    (row,) = rows(download(exporter, "csv"))
    for cell in row.values():
        assert not cell.lstrip().startswith(tuple("=+-@\uff1d"))
    assert row["comment"] == f"'{formula}"


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(texts=st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=30), max_size=3))
def test_csv_can_be_read_back(texts: list[str]) -> None:
    """Every cell is what it was, or that behind an apostrophe."""
    flags = [
        Flag(pk=number + 1, interface="ask", option="Like", comment=text, note=text, snapshot={})
        for number, text in enumerate(texts)
    ]
    Flag.objects.all().delete()
    session = {"session_key": "x"}
    Flag.objects.bulk_create(Flag(**{**session, **_fields(each)}) for each in flags)
    found = rows("".join(exports.csv_rows(Flag.objects.all())))
    for text, row in zip(texts, found, strict=True):
        assert row["comment"].removeprefix("'") == text.removeprefix("'")


def _fields(each: Flag) -> dict[str, Any]:
    return {name: getattr(each, name) for name in ("pk", "interface", "option", "comment", "note", "snapshot")}


def test_messages(exporter: Client) -> None:
    reply = exchange("First", "One")
    said(reply.conversation, "user", "Second")
    flag(said(reply.conversation, "assistant", "“Two”\u2028"), comment="hm")
    text = download(exporter, "messages")
    assert text.count("\n") == 1
    line = json.loads(text)
    assert line["messages"] == [
        {"role": "user", "content": "First"},
        {"role": "assistant", "content": "One"},
        {"role": "user", "content": "Second"},
        {"role": "assistant", "content": "“Two”\u2028"},
    ]
    assert (line["option"], line["comment"], line["chat"]) == ("Dislike", "hm", "ask")


def test_pairs(exporter: Client) -> None:
    worse, better = versions("Which?", "This", "That")
    judged(worse, "Dislike")
    judged(better, "Like")
    flag(exchange("Other", "Alone"))
    assert lines(download(exporter, "pairs")) == [
        {
            "prompt": [{"role": "user", "content": "Which?"}],
            "chosen": [{"role": "assistant", "content": "That"}],
            "rejected": [{"role": "assistant", "content": "This"}],
            "chat": "ask",
            "conversation": str(worse.conversation.uuid),
        }
    ]


def test_pairs_of_several_versions(exporter: Client) -> None:
    """Each that was disliked with each that was liked."""
    made = versions("Which?", "a", "b", "c", "d")
    for message, option in zip(made, ["Dislike", "Like", "Dislike", "Like"], strict=True):
        judged(message, option)
    pairs = {
        (line["rejected"][0]["content"], line["chosen"][0]["content"]) for line in lines(download(exporter, "pairs"))
    }
    assert pairs == {("a", "b"), ("a", "d"), ("c", "b"), ("c", "d")}


def test_pairs_after_the_deletion(exporter: Client) -> None:
    advisor(flag_retention=10)
    worse, better = versions("Which?", "This", "That")
    judged(worse, "Dislike")
    judged(better, "Like")
    worse.conversation.delete()
    assert len(lines(download(exporter, "pairs"))) == 1


def test_no_pair_of_one_message(exporter: Client) -> None:
    """Of which two readers think differently."""
    reply = exchange()
    flag(reply, "Like")
    other = User.objects.create(username="other")
    liked = Flag.objects.get()
    Flag.objects.create(
        interface="ask", message=reply, user=other, option="Dislike", snapshot=liked.snapshot, question=liked.question
    )
    assert lines(download(exporter, "pairs")) == []


def test_dismissed_teaches_nothing(exporter: Client) -> None:
    worse, better = versions("Which?", "This", "That")
    judged(worse, "Dislike", status=Flag.Status.DISMISSED)
    judged(better, "Like")
    assert lines(download(exporter, "pairs")) == []


def test_export_of_a_list(exporter: Client) -> None:
    """What the list shows on all its pages, and no more."""
    many(120, option="Wrong")
    flag(exchange())
    assert len(rows(download(exporter, "csv", "option=Wrong&p=2"))) == 120


@pytest.mark.parametrize("action", ["export_csv", "export_messages", "export_pairs"])
def test_export_of_selected(exporter: Client, action: str) -> None:
    worse, better = versions("Which?", "This", "That")
    chosen = [judged(worse, "Dislike").pk, judged(better, "Like").pk]
    flag(exchange("Other"))
    data = {"action": action, "_selected_action": chosen}
    text = exporter.post(reverse("admin:chatinterface_flag_changelist"), data).getvalue().decode()
    assert "Other" not in text
    assert len(text.splitlines()) == {"export_csv": 3, "export_messages": 2, "export_pairs": 1}[action]


def test_unknown_format(exporter: Client) -> None:
    assert exporter.get(reverse("admin:chatinterface_flag_export", args=["xml"])).status_code == 404


def test_every_flag_once(exporter: Client) -> None:
    many(2 * BATCH + 1)
    ids = [row["id"] for row in rows(download(exporter, "csv"))]
    assert len(ids) == len(set(ids)) == 2 * BATCH + 1


def test_queries_by_the_batch() -> None:
    many(5 * BATCH)
    for export, _kind, _name in exports.FORMATS.values():
        with CaptureQueriesContext(connection) as captured:
            list(export(Flag.objects.all()))
        assert len(captured) <= 2 * 6


@pytest.mark.parametrize("kind", ["csv", "messages", "pairs"])
def test_memory_is_flat(exporter: Client, kind: str) -> None:
    """Forty megabytes are sent, of which a fraction is ever in memory."""
    many(1_500, text=LONG)
    for number in range(300 if kind == "pairs" else 0):
        many(1, text=f"{number} {LONG}", question=number + 1)
        many(1, text=LONG, question=number + 1, option="Dislike")
    response = exporter.get(reverse("admin:chatinterface_flag_export", args=[kind]))
    tracemalloc.start()
    size = sum(len(piece) for piece in response)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert size > 2 * FLAT or kind == "pairs"
    assert peak < FLAT


@pytest.mark.django_db(transaction=True)
async def test_memory_is_flat_under_asgi() -> None:
    """Where Django would read all of a synchronous iterator first."""
    await sync_to_async(many)(1_500, text=LONG)
    user = await User.objects.acreate(username="root", is_staff=True, is_superuser=True)
    client = AsyncClient()
    await client.aforce_login(user)
    response = cast("StreamingHttpResponse", await client.get(reverse("admin:chatinterface_flag_export", args=["csv"])))
    assert response.is_async
    tracemalloc.start()
    size = 0
    async for piece in cast("AsyncIterator[bytes]", response.streaming_content):
        size += len(piece)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert size > 2 * FLAT
    assert peak < FLAT
