from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.contrib.auth.models import AnonymousUser, User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation

from chatinterface import ChatInterface, conversations, replies, tree
from chatinterface.content.markdown import render
from chatinterface.content.parts import text_parts
from chatinterface.conversations import Exchange
from chatinterface.exceptions import Busy, NoQuestion
from chatinterface.history import Visitor
from chatinterface.models import Conversation, Message, Run

CHAT = ChatInterface(
    lambda message: message, name="ask", user="Me", avatar="🙂", callback_user="Bot", callback_avatar="B"
)
ME = Visitor(user=AnonymousUser(), session_key="mine")
OTHER = Visitor(user=AnonymousUser(), session_key="other")

db = pytest.mark.django_db


def send(uuid: UUID | None = None, text: str = "hello", who: Visitor = ME, **options: Any) -> Exchange:
    return conversations.send(CHAT, who, uuid or uuid4(), text, may_create=True, **options)


def settle(
    exchange: Exchange, text: str = "reply", status: Message.Status = Message.Status.DONE, **options: Any
) -> int:
    return replies.settle(
        exchange.reply, exchange.run, status=status, parts=text_parts(text), html=render(text), **options
    )


def lose(exchange: Exchange) -> None:
    Run.objects.filter(pk=exchange.run.pk).update(lease_until=timezone.now() - timedelta(seconds=1))


def path(conversation: Conversation) -> list[str]:
    return [message.text for message in conversation.messages.filter(active=True).order_by("pk")]


@db
def test_send_makes_the_conversation() -> None:
    uuid = uuid4()
    with translation.override("de"):
        exchange = send(uuid, "What is it?")
    conversation = Conversation.objects.get()
    assert (conversation.uuid, conversation.interface, conversation.session_key) == (uuid, "ask", "mine")
    assert (conversation.title, conversation.language, conversation.revision) == ("What is it?", "de", 1)
    assert conversation.leaf == exchange.reply


@db
def test_user_owns_not_session() -> None:
    user = User.objects.create(username="ann")
    send(who=Visitor(user=user, session_key="mine"))
    conversation = Conversation.objects.get()
    assert (conversation.user, conversation.session_key) == (user, "")


@db
def test_send_adds_question_and_reply() -> None:
    exchange = send(text="*hello*")
    question, reply = Message.objects.order_by("pk")
    assert (question.role, question.text, question.html) == ("user", "*hello*", render("*hello*"))
    assert (question.user_name, question.avatar, question.status) == ("Me", "🙂", "done")
    assert (reply.role, reply.parent, reply.run, reply.status) == ("assistant", question, exchange.run, "running")
    assert (reply.user_name, reply.avatar, reply.text) == ("Bot", "B", "")


@db
@pytest.mark.parametrize("left", ["nothing", "the last exchange", "everything"])
def test_message_knows_its_versions(left: str) -> None:
    """Those that were said in its place before, though the path has left them, and nothing takes their place."""
    first = send()
    settle(first)
    uuid = first.conversation.uuid
    second = send(uuid)
    settle(second)
    before, end = {
        "nothing": ([], second.reply.pk),
        "the last exchange": ([second.question.pk], first.reply.pk),
        "everything": ([first.question.pk], None),
    }[left]
    conversation = Conversation.objects.get()
    tree.leave(conversation, end)
    conversation.save()
    question = send(uuid, "again").question
    assert (question.versions is None) is bool(before)
    if before:
        tree.number([question])
    assert question.versions == [*before, question.pk]


@db
def test_run_is_queued_or_claimed() -> None:
    queued, claimed = send().run, send(worker="here").run
    assert (queued.status, queued.worker, queued.started_at) == ("queued", "", None)
    assert (claimed.status, claimed.worker) == ("running", "here")
    for run in (queued, claimed):
        assert run.lease_until is not None
        assert run.lease_until > timezone.now()


@db
def test_next_message_continues() -> None:
    first = send()
    settle(first)
    second = send(first.conversation.uuid, "more")
    assert second.question.parent == first.reply
    assert path(first.conversation) == ["hello", "reply", "more", ""]


@db
def test_title_stays() -> None:
    first = send(text="The first")
    settle(first)
    send(first.conversation.uuid, "The second")
    assert Conversation.objects.get().title == "The first"


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("one\ntwo  three", "one two three"),
        ("a" * 60, "a" * 60),
        ("a" * 61, "a" * 59 + "…"),
        ("a " * 40, "a " * 29 + "a…"),
    ],
)
@db
def test_title_is_a_line(text: str, title: str) -> None:
    assert send(text=text).conversation.title == title


@db
def test_repeated_key_adds_nothing() -> None:
    key, uuid = uuid4(), uuid4()
    first = send(uuid, key=key)
    again = send(uuid, key=key)
    assert (again.question, again.reply, again.run, again.repeated) == (first.question, first.reply, first.run, True)
    assert not first.repeated
    assert Message.objects.count() == 2


@db
def test_repeated_key_after_the_reply() -> None:
    key, uuid = uuid4(), uuid4()
    first = send(uuid, key=key)
    settle(first)
    assert send(uuid, key=key).repeated
    assert Message.objects.count() == 2


@db
def test_repeated_key_after_trying_again() -> None:
    key, uuid = uuid4(), uuid4()
    first = send(uuid, key=key)
    settle(first, status=Message.Status.FAILED)
    settle(conversations.rerun(CHAT, ME, uuid, first.reply.pk))
    assert send(uuid, key=key).question == first.question
    assert Message.objects.count() == 3


@db
def test_same_key_elsewhere() -> None:
    key = uuid4()
    send(key=key)
    assert not send(key=key).repeated


@db
def test_busy_while_replying() -> None:
    exchange = send(key=uuid4())
    with pytest.raises(Busy):
        send(exchange.conversation.uuid, key=uuid4())
    assert Message.objects.count() == 2


@db
def test_lost_reply_is_no_reason_to_wait() -> None:
    first = send()
    lose(first)
    send(first.conversation.uuid, "more")
    first.reply.refresh_from_db()
    assert first.reply.status == "interrupted"
    assert Conversation.objects.get().revision == 3


@db
@pytest.mark.parametrize("may_create", [False, True])
def test_others_conversation_is_not_found(*, may_create: bool) -> None:
    uuid = send().conversation.uuid
    with pytest.raises(Conversation.DoesNotExist):
        conversations.send(CHAT, OTHER, uuid, "hello", may_create=may_create)
    assert Message.objects.count() == 2


@db
def test_conversation_of_another_chat() -> None:
    uuid = send().conversation.uuid
    with pytest.raises(Conversation.DoesNotExist):
        conversations.send(ChatInterface(lambda message: message, name="tell"), ME, uuid, "hello")


@db
def test_absent_is_not_made() -> None:
    with pytest.raises(Conversation.DoesNotExist):
        conversations.send(CHAT, ME, uuid4(), "hello")
    assert not Conversation.objects.exists()


@db
@pytest.mark.parametrize("status", ["stopped", "failed", "interrupted"])
def test_retry_replaces_reply(status: Message.Status) -> None:
    first = send()
    settle(first, "partial", status)
    second = conversations.rerun(CHAT, ME, first.conversation.uuid, first.reply.pk)
    assert second.reply.parent == first.question
    assert second.run.trigger == "retry"
    assert path(first.conversation) == ["hello", ""]
    assert Conversation.objects.get().leaf == second.reply
    first.reply.refresh_from_db()
    assert (first.reply.active, first.reply.text) == (False, "partial")


@db
def test_retry_is_the_latest_change() -> None:
    first = send()
    settle(first, status=Message.Status.FAILED)
    before = Conversation.objects.get()
    run = conversations.rerun(CHAT, ME, first.conversation.uuid, first.reply.pk, worker="here").run
    after = Conversation.objects.get()
    assert after.updated_at > before.updated_at
    assert run.started_at is not None
    assert run.started_at > before.updated_at


@db
def test_running_is_not_retried() -> None:
    first = send()
    with pytest.raises(Busy):
        conversations.rerun(CHAT, ME, first.conversation.uuid, first.reply.pk)


@db
def test_retry_of_a_lost_reply() -> None:
    first = send()
    lose(first)
    conversations.rerun(CHAT, ME, first.conversation.uuid, first.reply.pk)
    first.reply.refresh_from_db()
    assert (first.reply.status, first.reply.active) == ("interrupted", False)


@db
def test_retry_of_others() -> None:
    first, own = send(), send()
    settle(first, status=Message.Status.FAILED)
    with pytest.raises(Conversation.DoesNotExist):
        conversations.rerun(CHAT, OTHER, first.conversation.uuid, first.reply.pk)
    with pytest.raises(Message.DoesNotExist):
        conversations.rerun(CHAT, ME, own.conversation.uuid, first.reply.pk)
    with pytest.raises(NoQuestion):
        conversations.rerun(CHAT, ME, first.conversation.uuid, first.question.pk)


@db
def test_settle_completes() -> None:
    exchange = send(worker="here")
    assert settle(exchange, "*reply*") == 2
    reply = Message.objects.select_related("run").get(pk=exchange.reply.pk)
    assert reply.run is not None
    assert (reply.text, reply.html, reply.status) == ("*reply*", render("*reply*"), "done")
    assert (reply.run.status, reply.run.lease_until) == ("done", None)
    assert reply.run.finished_at is not None


@db
@pytest.mark.parametrize(("text", "status"), [("It failed.", "failed"), ("", "done")])
def test_settle_failure(text: str, status: str) -> None:
    exchange = send()
    failure = {"id": "abc", "text": text, "detail": "Traceback"}
    settle(exchange, "partial", Message.Status.FAILED, failure=failure)
    reply = Message.objects.select_related("run").get(pk=exchange.reply.pk)
    assert reply.run is not None
    assert (reply.run.status, reply.run.error_id, reply.run.error) == ("failed", "abc", "Traceback")
    assert (reply.status, reply.metadata) == (status, {"error": {"id": "abc", "text": text}} if text else {})


@db
def test_settle_deleted() -> None:
    exchange = send()
    Conversation.objects.all().delete()
    with pytest.raises(Conversation.DoesNotExist):
        settle(exchange)


@db
def test_interrupt_lost_only() -> None:
    exchange = send()
    assert replies.interrupt(exchange.conversation.pk) == []
    lose(exchange)
    assert replies.interrupt(exchange.conversation.pk) == [exchange.reply.pk]
    assert replies.interrupt(exchange.conversation.pk) == []
    assert Conversation.objects.get().revision == 2
    assert Run.objects.get().status == "interrupted"


@db
def test_long_conversation_costs_no_more() -> None:
    exchange = send()
    counts = []
    for size in (0, 200):
        settle(exchange)
        Message.objects.bulk_create(Message(conversation=exchange.conversation, role="user") for _ in range(size))
        with CaptureQueriesContext(connection) as queries:
            exchange = send(exchange.conversation.uuid, "more")
        counts.append(len(queries))
    assert counts[0] == counts[1]
