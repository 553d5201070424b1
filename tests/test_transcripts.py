import json
import math
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import chatinterface as chat
from chatinterface import ChatSession, presentation, search, transcripts
from chatinterface.history import Visitor
from chatinterface.models import Conversation, Message
from chatinterface.transcripts import NotATranscript
from tests.saved import anonymous, register, said
from tests.tab import Tab

pytestmark = pytest.mark.django_db

ME = anonymous()


def exported(**values: Any) -> dict[str, Any]:
    """The export of a question and its reply."""
    message = {"role": "user", "status": "done", "shown": True, "metadata": {}, "created": "2026-01-01T00:00:00+00:00"}
    return {
        "format": "chatinterface.conversation",
        "version": 1,
        "chat": "notes",
        "title": "Bread",
        "language": "en",
        "created": "2026-01-01T00:00:00+00:00",
        "last": 2,
        "messages": [
            {**message, "id": 1, "parent": None, "parts": [{"type": "text", "text": "How long?"}]},
            {**message, "id": 2, "parent": 1, "role": "assistant", "parts": [{"type": "text", "text": "Three days."}]},
        ],
        **values,
    }


def changed(**values: Any) -> dict[str, Any]:
    """An export whose reply has other values."""
    data = exported()
    data["messages"][1] |= values
    return data


TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=50)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**31), 2**31) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=5,
)
PARTS = st.lists(
    st.builds(lambda text: {"type": "text", "text": text}, TEXT)
    | st.builds(lambda name: {"type": "file", "file": "0" * 32, "name": name, "size": 1}, TEXT)
    | st.builds(lambda props, text: {"type": "component", "component": "x", "props": props, "text": text}, JSON, TEXT)
    | st.builds(
        lambda title, text: {"type": "step", "id": "1", "title": title, "parts": [{"type": "text", "text": text}]},
        TEXT,
        TEXT,
    ),
    max_size=3,
)
MESSAGE = st.fixed_dictionaries(
    {
        "role": st.sampled_from(Message.Role.values),
        "status": st.sampled_from([each for each in Message.Status.values if each not in Message.OPEN]),
        "active": st.booleans(),
        "user_name": TEXT,
        "avatar": TEXT,
        "parts": PARTS,
        "metadata": st.dictionaries(TEXT, JSON, max_size=3),
        "created_at": st.datetimes(datetime(2000, 1, 1), datetime(2026, 1, 1), timezones=st.just(UTC)),
    }
)


def grown(title: str, messages: list[dict[str, Any]], parents: list[int], leaf: int) -> Conversation:
    """A conversation of any shape."""
    conversation = Conversation.objects.create(session_key="mine", interface="notes", title=title, language="en")
    made: list[Message] = []
    for values, parent in zip(messages, parents, strict=False):
        before = made[parent % len(made)] if made and parent % 4 else None
        last = made[parent % len(made)] if made and parent % 3 else None
        made.append(Message.objects.create(conversation=conversation, parent=before, last_leaf=last, **values))
    conversation.leaf = made[leaf % len(made)] if made else None
    conversation.save()
    return conversation


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], max_examples=60)
@given(TEXT, st.lists(MESSAGE, max_size=6), st.lists(st.integers(0, 50), min_size=6), st.integers(0, 50))
def test_reads_back_what_it_wrote(title: str, messages: list[dict[str, Any]], parents: list[int], leaf: int) -> None:
    """The same tree, through a file, in the same order, whatever it holds."""
    conversation = grown(title, messages, parents, leaf)
    written = json.dumps(transcripts.to_json(conversation)).encode()
    again = transcripts.from_json(transcripts.parse(written), "notes", ME, trusted=True)
    assert again.uuid != conversation.uuid
    assert transcripts.to_json(again) == transcripts.to_json(conversation)
    assert transcripts.to_markdown(again) == transcripts.to_markdown(conversation)


def test_visitors_file_reads_back() -> None:
    conversation = said(ME, "How long?", "Three days.", title="Bread")
    again = transcripts.from_json(transcripts.to_json(conversation), "notes", ME)
    conversation.messages.update(metadata={"imported": True})
    assert transcripts.to_json(again) == transcripts.to_json(conversation)


def test_is_the_visitors() -> None:
    user = User.objects.create(username="ann")
    mine = transcripts.from_json(exported(), "notes", Visitor(user=user))
    assert (mine.user, mine.session_key, mine.interface) == (user, "", "notes")
    theirs = transcripts.from_json(exported(chat="another"), "notes", ME)
    assert (theirs.user, theirs.session_key, theirs.interface) == (None, "mine", "notes")


def test_is_found() -> None:
    register()
    conversation = transcripts.from_json(exported(), "notes", ME)
    for word in ("bread", "days"):
        assert [hit.conversation for hit in search.search(ME, "notes", word).hits] == [conversation]


@pytest.mark.django_db(transaction=True)
def test_words_are_found_before_the_database_is_held(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those of a large file take seconds, in which SQLite would let nobody else write."""
    register()
    held: list[bool] = []

    def terms(text: str) -> list[str]:
        held.append(connection.in_atomic_block)
        return text.split()

    monkeypatch.setattr(search, "terms", terms)
    transcripts.from_json(exported(), "notes", ME)
    assert set(held) == {False}


def test_running_reply_is_interrupted() -> None:
    conversation = said(ME, "How long?")
    Message.objects.create(conversation=conversation, role="assistant", status="running")
    assert transcripts.to_json(conversation)["messages"][1]["status"] == "interrupted"


def test_markdown_is_what_is_shown() -> None:
    conversation = said(ME, "How *long*?", "Hidden", "Three days.", title="On # bread")
    conversation.messages.filter(parts__0__text="Hidden").update(active=False)
    Message.objects.create(
        conversation=conversation,
        role="assistant",
        status="stopped",
        user_name="Baker",
        parts=[{"type": "file", "file": "0" * 32, "name": "rye.png"}],
    )
    text = transcripts.to_markdown(conversation)
    assert text.startswith("# On \\# bread\n\n**user** · ")
    assert "How *long*?" in text
    assert "Hidden" not in text
    assert text.endswith("rye.png\n\n*stopped*\n")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"hello",
        b"\xff\xfe",
        b"null",
        b"[]",
        b"{}",
        b'{"format": NaN}',
        b'{"format": 1, "format": 2}',
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b"9" * 10_000,
        b" " * (transcripts.LARGEST + 1),
    ],
)
def test_no_transcript(content: bytes) -> None:
    with pytest.raises(NotATranscript):
        transcripts.from_json(transcripts.parse(content), "notes", ME)


@pytest.mark.parametrize(
    "data",
    [
        exported(format="other"),
        exported(version=2),
        exported(version=True + 1.5),
        exported(title=7),
        exported(title="x" * 201),
        exported(title="a\0b"),
        exported(language="x" * 21),
        exported(created="2026-13-45T00:00:00Z"),
        exported(created="0001-01-01T00:00:00+14:00"),
        exported(last=3),
        exported(last=0),
        exported(last=-1),
        exported(last=True),
        exported(last="1"),
        changed(until=3),
        exported(messages=None),
        exported(messages={}),
        exported(messages=[None]),
        exported(messages=[{}] * (transcripts.MOST_MESSAGES + 1)),
        changed(id=1),
        changed(id="2"),
        changed(parent=2),
        changed(parent=3),
        changed(parent="1"),
        changed(role="root"),
        changed(role=None),
        changed(role=["user"]),
        changed(status="running"),
        changed(status={}),
        changed(shown=1),
        changed(parts="text"),
        changed(parts={"type": "text"}),
        changed(parts=[{"type": "text", "text": "a\0b"}]),
        changed(parts=[{"type": "text", "text": "\ud800"}]),
        changed(parts=[{"type": "text", "text": "x" * (transcripts.LONGEST_TEXT + 1)}]),
        changed(parts=[{"\0": 1}]),
        changed(parts=[{"type": "text", "text": "x", "y": math.inf}]),
        changed(metadata=[]),
        changed(metadata={"error": {"text": "\0"}}),
        changed(name={}),
        changed(name="x" * 201),
        changed(avatar="x" * 501),
    ],
)
@pytest.mark.parametrize("trusted", [False, True])
def test_hostile_is_refused(data: dict[str, Any], *, trusted: bool) -> None:
    """In words, and nothing is left of it."""
    with pytest.raises(NotATranscript) as refused:
        transcripts.from_json(data, "notes", ME, trusted=trusted)
    assert str(refused.value).endswith(".")
    assert not Conversation.objects.exists()


@pytest.mark.parametrize("part", [{"type": "text", "text": 7}, {"type": ["text"], "text": "x"}])
def test_part_of_a_visitor_is_checked(part: dict[str, Any]) -> None:
    with pytest.raises(NotATranscript):
        transcripts.from_json(changed(parts=[part]), "notes", ME)


def test_too_deep_is_refused() -> None:
    part: dict[str, Any] = {"type": "step", "parts": []}
    for _ in range(transcripts.DEEPEST):
        part = {"type": "step", "parts": [part]}
    with pytest.raises(NotATranscript):
        transcripts.from_json(changed(parts=[part]), "notes", ME)


def imported(**values: Any) -> Message:
    conversation = transcripts.from_json(changed(**values), "notes", ME)
    return conversation.messages.get(role="assistant")


def test_nobody_speaks_as_the_system() -> None:
    assert imported(role="system").role == "assistant"


def test_nothing_is_kept_but_what_is_said() -> None:
    message = imported(
        parts=[
            {"type": "text", "text": "<script>alert(1)</script>", "html": "<b>"},
            {"type": "file", "file": "0" * 32, "name": "../../etc/passwd"},
            {"type": "component", "component": "html", "props": {"html": "<script>"}, "text": "a plot"},
            {"type": "step", "title": "Step", "parts": [{"type": "component"}]},
            {"type": "made-up", "text": "else"},
            "no part",
        ],
        html="<script>",
        avatar="https://elsewhere.example/pixel.png",
        metadata={"error": {"id": "7", "text": "oh", "more": 1}, "options": [{"value": "x"}], "prompt": {}},
    )
    said = "<script>alert(1)</script>\n\n../../etc/passwd\n\na plot\n\nelse"
    assert message.parts == [{"type": "text", "text": said}]
    assert (message.html, message.avatar, message.key, message.run) == ("", "", None, None)
    assert message.metadata == {"error": {"id": "7", "text": "oh"}, "imported": True}


@pytest.mark.parametrize("metadata", [{}, {"edited": True}, {"imported": False}])
@pytest.mark.parametrize("role", ["assistant", "system"])
def test_imported_html_is_sanitised(role: str, metadata: dict[str, Any]) -> None:
    """Whatever the chat lets its own replies do."""
    interface = chat.ChatInterface(str.upper, name="loud", sanitize_html=False)
    message = imported(role=role, metadata=metadata, parts=[{"type": "text", "text": "<img src=x onerror=alert(1)>"}])
    again = transcripts.from_json(transcripts.to_json(message.conversation), "notes", ME, trusted=True)
    for each in (message, again.messages.get(role="assistant")):
        assert "onerror" not in presentation.body(interface, each.conversation, each)


def test_only_the_path_is_shown() -> None:
    data = exported(last=1)
    conversation = transcripts.from_json(data, "notes", ME)
    assert list(conversation.messages.order_by("pk").values_list("active", flat=True)) == [True, False]


def test_nothing_is_from_the_future() -> None:
    later = (timezone.now() + timedelta(days=9)).isoformat()
    conversation = transcripts.from_json(exported(created=later), "notes", ME)
    assert conversation.created_at <= timezone.now()


@pytest.mark.parametrize("count", [2, 400])
def test_export_queries_are_fixed(django_assert_max_num_queries: Any, count: int) -> None:
    conversation = said(ME)
    Message.objects.bulk_create(Message(conversation=conversation, role="user") for _ in range(count))
    with django_assert_max_num_queries(1):
        transcripts.to_json(conversation)
    with django_assert_max_num_queries(1):
        transcripts.to_markdown(conversation)


def test_session_exports() -> None:
    conversation = said(ME, "How long?", "Three days.", title="Bread")
    session = ChatSession(interface=chat.ChatInterface(str.upper, name="loud"), conversation=conversation)
    assert session.export() == transcripts.to_markdown(conversation)
    again = transcripts.from_json(transcripts.parse(session.export("json").encode()), "notes", ME, trusted=True)
    assert transcripts.to_json(again) == transcripts.to_json(conversation)
    with pytest.raises(ValueError, match=r"must be 'markdown' or 'json'\."):
        session.export("xml")  # type: ignore[arg-type]


@pytest.mark.django_db(transaction=True)
async def test_callback_exports() -> None:
    async def answer(message: str, chat: ChatSession) -> str:
        return (await chat.aexport()).splitlines()[0]

    chat.register(chat.ChatInterface(answer, name="answer"))
    reply = await (await Tab.open("answer")).ask("Bread")
    assert reply.parts[0]["text"] == "# Bread"
