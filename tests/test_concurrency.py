"""Two requests at once, in threads of their own, on whichever database the tests use."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Barrier
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import connections

import chatinterface as chat
from chatinterface import conversations, queueing, replies, tree, versions
from chatinterface.content.parts import text_parts
from chatinterface.exceptions import Busy, ChatError, GoneOn
from chatinterface.history import Visitor
from chatinterface.models import Conversation, Message

pytestmark = pytest.mark.django_db(transaction=True)

WHO = Visitor(user=AnonymousUser(), session_key="session")
ECHO = chat.ChatInterface(lambda message: message, name="echo", editable="all")
AT_ONCE = 4


def at_once(*calls: Callable[[], Any]) -> list[Any]:
    """What the calls return, or are refused with, in several threads that begin together: each call in as many."""
    barrier = Barrier(AT_ONCE)

    def work(call: Callable[[], Any]) -> Any:
        try:
            barrier.wait()
            return call()
        except ChatError as refusal:
            return refusal
        finally:
            connections.close_all()

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return [each.result() for each in [pool.submit(work, call) for call in calls * (AT_ONCE // len(calls))]]


def send(uuid: UUID, key: UUID | None = None) -> Any:
    return conversations.send(ECHO, WHO, uuid, "hello", worker="here", key=key, may_create=True)


def settled(uuid: UUID) -> None:
    exchange = send(uuid)
    replies.settle(
        exchange.reply, exchange.run, status=Message.Status.DONE, parts=text_parts("hello"), html="<p>hello</p>\n"
    )


def test_one_is_answered() -> None:
    uuid = uuid4()
    settled(uuid)
    outcomes = at_once(lambda: send(uuid))
    assert [isinstance(each, Busy) for each in outcomes].count(False) == 1
    assert Message.objects.count() == 4
    assert Message.objects.filter(parent=None).count() == 1


def test_one_begins() -> None:
    uuid = uuid4()
    outcomes = at_once(lambda: send(uuid))
    assert [isinstance(each, Busy) for each in outcomes].count(False) == 1
    assert Conversation.objects.count() == 1
    assert Message.objects.count() == 2


@pytest.mark.parametrize("on_busy", ["interrupt", "queue", "parallel"])
def test_all_are_taken(on_busy: Any) -> None:
    """Each is on the path once, with its own reply behind it; who waits, waits for all before it."""
    taking = chat.ChatInterface(lambda message: message, name="echo", on_busy=on_busy)
    uuid = uuid4()
    settled(uuid)
    outcomes = at_once(lambda: conversations.send(taking, WHO, uuid, "more", worker="here"))
    assert len({each.question.pk for each in outcomes}) == AT_ONCE
    shown = list(tree.path(Conversation.objects.get(uuid=uuid)))
    assert [message.parent_id for message in shown] == [None, *(message.pk for message in shown)][: len(shown)]
    assert [message.role for message in shown] == ["user", "assistant"] * (1 + AT_ONCE)
    runs = [message.run for message in shown[3::2] if message.run is not None]
    waiting = "running" if on_busy == "parallel" else "queued"
    assert [run.status for run in runs] == ["running", *[waiting] * (AT_ONCE - 1)]
    ahead = queueing.look([run.pk for run in runs]).ahead
    assert [len(ahead[run.pk]) for run in runs] == list(range(AT_ONCE))


@pytest.mark.parametrize("on_busy", ["reject", "interrupt", "queue", "parallel"])
def test_message_is_answered_by_one(on_busy: Any) -> None:
    """A form that a message shows, or an option that it offers, by several tabs at once."""
    taking = chat.ChatInterface(lambda message: message, name="echo", on_busy=on_busy)
    uuid = uuid4()
    settled(uuid)
    last = Conversation.objects.get(uuid=uuid).leaf
    outcomes = at_once(lambda: conversations.send(taking, WHO, uuid, "more", worker="here", answering=last))
    assert sorted(isinstance(each, GoneOn) for each in outcomes) == [False, True, True, True]
    assert Message.objects.count() == 4


def test_repeated_key_is_sent_once() -> None:
    uuid, key = uuid4(), uuid4()
    outcomes = at_once(lambda: send(uuid, key))
    assert len({each.question.pk for each in outcomes}) == 1
    assert sorted(each.repeated for each in outcomes) == [False, True, True, True]


def test_repeated_answer_is_sent_once() -> None:
    uuid, key = uuid4(), uuid4()
    settled(uuid)
    last = Conversation.objects.get(uuid=uuid).leaf
    outcomes = at_once(lambda: conversations.send(ECHO, WHO, uuid, "more", worker="here", key=key, answering=last))
    assert sorted(each.repeated for each in outcomes) == [False, True, True, True]


def test_actions_leave_one_path() -> None:
    """Two tabs, or four, do different things at once: what is shown is one line, and nothing is lost."""
    for _ in range(5):
        uuid = uuid4()
        settled(uuid)
        settled(uuid)
        conversation = Conversation.objects.get(uuid=uuid)
        first, reply, second, _last = tree.path(conversation).values_list("pk", flat=True)
        at_once(
            partial(versions.undo, ECHO, WHO, uuid),
            partial(versions.clear, ECHO, WHO, uuid),
            partial(conversations.rerun, ECHO, WHO, uuid, reply, worker="here"),
            partial(conversations.edit, ECHO, WHO, uuid, second, "other", worker="here"),
        )
        conversation.refresh_from_db()
        shown = list(tree.path(conversation))
        assert [message.parent_id for message in shown] == [None, *(message.pk for message in shown)][: len(shown)]
        assert conversation.leaf_id == (shown[-1].pk if shown else None)
        assert conversation.messages.filter(pk__in=[first, reply, second]).count() == 3
        Message.objects.filter(status=Message.Status.RUNNING).update(status=Message.Status.DONE)


def test_undone_once_by_two_tabs() -> None:
    """Each takes back a turn of its own."""
    uuid = uuid4()
    for _ in range(5):
        settled(uuid)
    at_once(partial(versions.undo, ECHO, WHO, uuid))
    conversation = Conversation.objects.get(uuid=uuid)
    assert tree.path(conversation).count() == 2
    for _ in range(AT_ONCE):
        versions.revert(ECHO, WHO, uuid)
    assert tree.path(conversation).count() == 10
