"""Two requests at once, in threads of their own, on whichever database the tests use."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import connections

import chatinterface as chat
from chatinterface import conversations
from chatinterface.exceptions import Busy
from chatinterface.history import Visitor
from chatinterface.models import Conversation, Message

pytestmark = pytest.mark.django_db(transaction=True)

WHO = Visitor(user=AnonymousUser(), session_key="session")
ECHO = chat.ChatInterface(lambda message: message, name="echo")
AT_ONCE = 4


def at_once(call: Callable[[], Any]) -> list[Any]:
    """What the call returns, or is Busy with, in several threads that begin together."""
    barrier = Barrier(AT_ONCE)

    def work() -> Any:
        try:
            barrier.wait()
            return call()
        except Busy as busy:
            return busy
        finally:
            connections.close_all()

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return [each.result() for each in [pool.submit(work) for _ in range(AT_ONCE)]]


def send(uuid: UUID, key: UUID | None = None) -> Any:
    return conversations.send(ECHO, WHO, uuid, "hello", worker="here", key=key, may_create=True)


def settled(uuid: UUID) -> None:
    exchange = send(uuid)
    conversations.settle(exchange.reply, exchange.run, status=Message.Status.DONE, text="hello", html="<p>hello</p>\n")


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


def test_repeated_key_is_sent_once() -> None:
    uuid, key = uuid4(), uuid4()
    outcomes = at_once(lambda: send(uuid, key))
    assert len({each.question.pk for each in outcomes}) == 1
    assert sorted(each.repeated for each in outcomes) == [False, True, True, True]
