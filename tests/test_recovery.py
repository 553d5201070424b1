"""What a page is told that comes when a reply may have lost its worker."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.contrib.auth.models import AnonymousUser
from django.utils import timezone

import chatinterface as chat
from chatinterface import conversations
from chatinterface.conversations import Exchange
from chatinterface.history import Visitor
from chatinterface.models import Run
from chatinterface.runs.recovery import catch_up

pytestmark = pytest.mark.django_db

WHO = Visitor(user=AnonymousUser(), session_key="session")


@pytest.fixture
def exchange() -> Exchange:
    interface = chat.register(chat.ChatInterface(lambda message: message, name="recovering"))
    return conversations.send(interface, WHO, uuid4(), "hello", worker="here", may_create=True)


def test_running_reply_is_written(exchange: Exchange) -> None:
    standing = catch_up(exchange.conversation.uuid)
    assert standing.writing == [exchange.reply.pk]
    assert standing.settled == []


def test_reply_found_lost_is_settled(exchange: Exchange) -> None:
    """The page that finds it out is told so itself: it has it as running, and nobody else would tell."""
    Run.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    standing = catch_up(exchange.conversation.uuid)
    assert standing.writing == []
    assert [(frame["message"], frame["status"]) for frame in standing.settled] == [(exchange.reply.pk, "interrupted")]
