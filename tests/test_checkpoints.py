"""What a running reply stores of itself, and what becomes of one that was taken for lost."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.contrib.auth.models import AnonymousUser
from django.utils import timezone

import chatinterface as chat
from chatinterface import conversations, replies
from chatinterface.content.parts import text_parts
from chatinterface.conversations import Exchange
from chatinterface.exceptions import Replaced
from chatinterface.history import Visitor
from chatinterface.models import Conversation, Message, Run

pytestmark = pytest.mark.django_db

WHO = Visitor(user=AnonymousUser(), session_key="session")
ECHO = chat.ChatInterface(lambda message: message, name="echo")


@pytest.fixture
def exchange() -> Exchange:
    return conversations.send(ECHO, WHO, uuid4(), "hello", worker="here", may_create=True)


def lose(exchange: Exchange) -> None:
    Run.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    assert replies.interrupt(exchange.conversation.pk) == [exchange.reply.pk]


def stored(exchange: Exchange) -> tuple[str, str, str]:
    reply = Message.objects.select_related("run").get(pk=exchange.reply.pk)
    assert reply.run is not None
    return reply.text, reply.status, reply.run.status


def test_text_is_stored(exchange: Exchange) -> None:
    assert replies.checkpoint(exchange.run, {exchange.reply.pk: text_parts("so far")}) is None
    assert stored(exchange) == ("so far", "running", "running")


def test_lease_is_renewed(exchange: Exchange) -> None:
    Run.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    replies.checkpoint(exchange.run, {exchange.reply.pk: None})
    assert replies.interrupt(exchange.conversation.pk) == []


def test_late_checkpoint_undoes_nothing(exchange: Exchange) -> None:
    replies.settle(
        exchange.reply, exchange.run, status=Message.Status.DONE, parts=text_parts("all"), html="<p>all</p>\n"
    )
    replies.checkpoint(exchange.run, {exchange.reply.pk: text_parts("so far")})
    assert stored(exchange) == ("all", "done", "done")


def test_lost_run_comes_back(exchange: Exchange) -> None:
    lose(exchange)
    revision = replies.checkpoint(exchange.run, {exchange.reply.pk: text_parts("so far")})
    assert stored(exchange) == ("so far", "running", "running")
    assert revision == Conversation.objects.get().revision == exchange.conversation.revision + 2


def test_replaced_run_does_not_come_back(exchange: Exchange) -> None:
    lose(exchange)
    conversations.rerun(ECHO, WHO, exchange.conversation.uuid, exchange.reply.pk, worker="there")
    with pytest.raises(Replaced):
        replies.checkpoint(exchange.run, {exchange.reply.pk: text_parts("so far")})
    assert stored(exchange) == ("", "interrupted", "interrupted")


def test_deleted_conversation_ends_run(exchange: Exchange) -> None:
    Conversation.objects.all().delete()
    with pytest.raises(Replaced):
        replies.checkpoint(exchange.run, {exchange.reply.pk: text_parts("so far")})
