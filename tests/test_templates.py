from uuid import uuid4

from django.template.loader import render_to_string

from chatinterface.interface import ChatInterface
from chatinterface.models import Conversation

EMPTY = "data-chat-empty"


def log(conversation: Conversation) -> str:
    """The log without messages."""
    context = {"interface": ChatInterface(str.upper, name="loud"), "conversation": conversation, "messages": []}
    return render_to_string("chatinterface/log.html", context)


def test_new_conversation_says_what_it_is() -> None:
    assert EMPTY in log(Conversation(uuid=uuid4(), interface="loud"))


def test_nothing_older_is_nothing() -> None:
    """A page of older messages may come too late: they are there already, or were never."""
    assert EMPTY not in log(Conversation(uuid=uuid4(), interface="loud", leaf_id=1))
