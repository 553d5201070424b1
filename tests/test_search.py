from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.utils import timezone

from chatinterface import conversations, registry, replies, search
from chatinterface.history import Visitor
from chatinterface.models import Conversation, Message, Passage, Run
from tests.saved import anonymous, plan, register, said

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def notes() -> None:
    register()


@pytest.fixture
def ann() -> Visitor:
    return Visitor(user=User.objects.create(username="ann"))


def found(who: Visitor, text: str, interface: str = "notes") -> list[Conversation]:
    return [hit.conversation for hit in search.search(who, interface, text).hits]


def test_finds_what_was_asked(ann: Visitor) -> None:
    conversation = said(ann, "How long may a dough rise?", "Three days.")
    said(ann, "Which moons did Galileo see?")
    assert found(ann, "dough") == [conversation]


def test_finds_what_was_answered(ann: Visitor) -> None:
    conversation = said(ann, "How long?", "Three **days** in the fridge.")
    assert found(ann, "fridge three") == [conversation]


def test_finds_titles(ann: Visitor) -> None:
    conversation = said(ann, "How long?", title="On bread")
    (hit,) = search.search(ann, "notes", "bread").hits
    assert (hit.conversation, hit.in_title) == (conversation, True)
    assert hit.snippet == [("On ", False), ("bread", True)]


def test_finds_an_edited_title(ann: Visitor) -> None:
    register("edited", editable="user")
    interface = registry.find("edited")
    assert interface is not None
    exchange = conversations.send(interface, ann, uuid4(), "bread", worker="here", may_create=True)
    replies.settle(exchange.reply, exchange.run, status=Message.Status.DONE, parts=[], html="")
    conversations.edit(interface, ann, exchange.conversation.uuid, exchange.question.pk, "cake")
    exchange.conversation.messages.update(active=False)
    assert found(ann, "cake", "edited") == [exchange.conversation]


def test_words_of_one_message(ann: Visitor) -> None:
    said(ann, "one", "two")
    assert found(ann, "one two") == []


def test_marks_the_hit(ann: Visitor) -> None:
    said(ann, "tell me <b>all</b> about rye bread")
    (hit,) = search.search(ann, "notes", "RYE bre").hits
    assert [piece for piece, marked in hit.snippet if marked] == ["rye", "bre"]


def test_each_conversation_once(ann: Visitor) -> None:
    conversation = said(ann, "bread", "bread", "more bread", title="bread")
    assert found(ann, "bread") == [conversation]


def test_newest_first(ann: Visitor) -> None:
    conversations = [said(ann, f"bread {number}") for number in range(3)]
    assert found(ann, "bread") == conversations[::-1]


def test_hidden_versions_are_not_found(ann: Visitor) -> None:
    conversation = said(ann, "bread")
    conversation.messages.update(active=False)
    assert found(ann, "bread") == []


def test_deleted_are_not_found(ann: Visitor) -> None:
    conversation = said(ann, "bread")
    Conversation.objects.update(deleted_at=conversation.created_at)
    assert found(ann, "bread") == []


def test_never_finds_others(ann: Visitor) -> None:
    for other in (Visitor(user=User.objects.create(username="bob")), anonymous("mine")):
        said(other, "a secret", title="secret")
        assert found(ann, "secret") == []
    assert found(anonymous("other"), "secret") == []
    assert found(anonymous(""), "secret") == []


def test_never_finds_another_chats(ann: Visitor) -> None:
    register("other")
    said(ann, "a secret", interface="other")
    assert found(ann, "secret") == []
    assert len(found(ann, "secret", "other")) == 1


def test_owner_cannot_be_looked_for(ann: Visitor) -> None:
    said(ann, "bread")
    owner = Passage.objects.values_list("terms", flat=True)[0].split()[0]
    assert owner.startswith(search.OWNER)
    assert found(Visitor(user=User.objects.create(username="bob")), owner) == []
    assert found(Visitor(user=User.objects.create(username="eve")), f"{owner} bread") == []


SYNTAX = ['"', "'", "a' OR '1", "NEAR(a b)", "a*", "-a", "a:b", "(", "\\", "%_", "\0", "🙂", "' :*"]


@pytest.mark.parametrize("text", SYNTAX)
def test_syntax_means_nothing(ann: Visitor, text: str) -> None:
    conversation = said(ann, f"before {text} after".replace("\0", ""))
    assert found(ann, f"before {text} after") == [conversation]
    search.search(ann, "notes", text)


def test_changed_text_is_found_anew(ann: Visitor) -> None:
    message = said(ann, "bread").messages.get()
    message.parts = [{"type": "text", "text": "cake"}]
    message.save(update_fields=["parts"])
    assert found(ann, "bread") == []
    assert len(found(ann, "cake")) == 1


def test_running_reply_is_not_indexed(ann: Visitor) -> None:
    conversation = said(ann, "question")
    Message.objects.create(
        conversation=conversation, role="assistant", status="running", parts=[{"type": "text", "text": "half"}]
    )
    assert found(ann, "half") == []


def test_finds_interrupted_replies(ann: Visitor) -> None:
    register("lost")
    interface = registry.find("lost")
    assert interface is not None
    exchange = conversations.send(interface, ann, uuid4(), "question", worker="here", may_create=True)
    replies.checkpoint(exchange.run, {exchange.reply.pk: [{"type": "text", "text": "half of it"}]})
    Run.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    replies.interrupt(exchange.conversation.pk)
    assert found(ann, "half", "lost") == [exchange.conversation]


def test_deleted_leave_the_index(ann: Visitor) -> None:
    said(ann, "bread", title="bread").delete()
    assert not Passage.objects.exists()
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM chatinterface_search WHERE chatinterface_search MATCH 'bread'")
            assert cursor.fetchone() == (0,)


def test_other_parts_are_found(ann: Visitor) -> None:
    conversation = said(ann, "look")
    Message.objects.create(
        conversation=conversation,
        role="assistant",
        parts=[
            {"type": "file", "file": "0" * 32, "name": "budget.xlsx", "alt_text": "spreadsheet"},
            {"type": "component", "component": "table", "props": {}, "text": "| rye | wheat |"},
            {"type": "step", "title": "Measuring", "parts": [{"type": "text", "text": "scales"}]},
        ],
    )
    for word in ("budget", "spreadsheet", "wheat", "measuring", "scales"):
        assert found(ann, word) == [conversation], word


def test_pairs_in_another_order(ann: Visitor) -> None:
    """Where the newest text of a conversation has the pairs and not the word, an older one may have it."""
    conversation = said(ann, "東京都の天気", "京都東京")
    said(ann, "京都東京")
    assert found(ann, "東京都") == [conversation]


def test_without_list_nothing_is_indexed(ann: Visitor) -> None:
    register("quiet", save_history=False)
    said(ann, "bread", interface="quiet", title="bread")
    assert not Passage.objects.exists()


def test_pages_join_to_the_whole(ann: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "PAGE_SIZE", 3)
    monkeypatch.setattr(search, "LOOKED_AT", 8)
    conversations = {said(ann, "bread", "bread", title="bread").pk for _ in range(7)}
    seen: list[int] = []
    before, pages = None, 0
    while pages == 0 or before is not None:
        page = search.search(ann, "notes", "bread", before)
        seen += [hit.conversation.pk for hit in page.hits]
        before, pages = page.more, pages + 1
    assert set(seen) == conversations
    assert pages < 12


@pytest.mark.parametrize("count", [1, 50])
def test_queries_are_fixed(ann: Visitor, django_assert_num_queries: Any, count: int) -> None:
    for _ in range(count):
        said(ann, "bread")
    with django_assert_num_queries(4 if connection.vendor == "sqlite" else 3):
        assert len(found(ann, "bread")) == min(count, search.PAGE_SIZE)


@pytest.mark.skipif(connection.vendor != "sqlite", reason="what SQLite may be without")
def test_without_fts5(ann: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "has_fts5", lambda: False)
    conversation = said(ann, "a 100% rye bread", title="東京の天気")
    assert [found(ann, text) for text in ("rye bre", "100", "天気")] == [[conversation]] * 3
    assert [found(ann, text) for text in ("ye", "bre rye", "%")] == [[]] * 3
    assert found(anonymous("mine"), "rye") == []


def test_search_uses_its_index(ann: Visitor) -> None:
    conversation = said(ann, "bread")
    Message.objects.bulk_create(
        Message(conversation=conversation, role="user", parts=[{"type": "text", "text": f"word{number}"}])
        for number in range(1000)
    )
    Passage.objects.all().delete()
    Passage.objects.bulk_create(search.passages(conversation, conversation.messages.all()))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
        if connection.vendor == "postgresql":
            # Where passages are few, it is as quick to read them.
            cursor.execute("SET LOCAL enable_indexscan = off")
    how = plan(lambda: found(ann, "bread"))
    assert ("chatinterface_search VIRTUAL TABLE INDEX" if connection.vendor == "sqlite" else "passage_vector") in how
    if connection.vendor == "sqlite":
        # It finds in the order that it is asked for, and stops as soon as there are enough.
        assert "TEMP B-TREE" not in how.partition("\n")[0]
