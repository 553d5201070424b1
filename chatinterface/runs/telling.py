"""Who is told of a run beside the pages of its conversation: the visitor's list, and the site."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from chatinterface import events
from chatinterface.interface import ChatInterface
from chatinterface.models import Conversation, Message
from chatinterface.signals import reply_settled


async def tell_list(interface: ChatInterface, conversation: Conversation) -> None:
    """The visitor's other pages list the conversation, and how it stands."""
    if interface.save_history:
        group = events.history_group(conversation.user_id, conversation.session_key, conversation.interface)
        await events.list_changed(group, conversation.uuid)


def settled(interface: ChatInterface, conversation: Conversation, message: Message) -> Callable[[], object] | None:
    """What sends the signal that a reply is settled; None where nobody listens.

    Receivers are the site's code, and may take their time: it is to be called in a thread of the callbacks.
    """
    sender = type(interface)
    if not reply_settled.has_listeners(sender):
        return None
    return partial(reply_settled.send_robust, sender, interface=interface, conversation=conversation, message=message)
