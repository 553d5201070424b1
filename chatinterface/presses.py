"""What a press of a button begins: a run of its own, in the conversation. Each function is one transaction.

They raise what those of :mod:`conversations` raise.
"""

from __future__ import annotations

from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext

from chatinterface import limits, search, withdrawal
from chatinterface.begun import Begun, begin
from chatinterface.conversations import CALLED, opened, title_of
from chatinterface.history import Visitor
from chatinterface.interface import ChatInterface
from chatinterface.models import Conversation, Message, Run
from chatinterface.queueing import Way, line_up, make_way

# Where the metadata of a message has the name of the button whose callback has written it.
BUTTON = "button"


def is_quiet(message: Message) -> bool:
    """Whether a button has begun a message in which nothing is said yet, and perhaps never will be."""
    return message.running and BUTTON in message.metadata and not message.parts


@transaction.atomic
def press(
    interface: ChatInterface,
    who: Visitor,
    uuid: UUID,
    button: str,
    *,
    worker: str = "",
    may_create: bool = False,
    counts: bool = True,
) -> Begun:
    """Begin the run of a button that the visitor has pressed, claimed by ``worker``, or queued without one.

    With ``may_create`` the conversation is made where it does not exist; until its visitor says something, it has the
    title of the new button that has begun it. It ``counts`` for the chat's rate limit,
    unless something follows that does.
    """
    conversation = opened(interface, who, uuid, may_create=may_create)
    way = make_way(interface, conversation)
    if counts:
        limits.count(interface, who)
    if not conversation.title and button not in interface.default_buttons:
        conversation.title = conversation.state[CALLED] = title_of(gettext(interface.pressable(button).label))
        conversation.save(update_fields=["state"])
        search.index_title(conversation)
    return _begun(interface, conversation, button, worker, way)


@transaction.atomic
def follow(interface: ChatInterface, conversation_id: int, button: str, *, worker: str = "") -> Begun:
    """Begin the run that follows what a default button did, in its turn. Raises Conversation.DoesNotExist."""
    Conversation.objects.select_for_update().only("pk").get(pk=conversation_id, deleted_at=None)
    conversation = Conversation.objects.select_related("leaf__run", "user").get(pk=conversation_id)
    before = conversation.leaf_id
    begun = _begun(interface, conversation, button, worker, line_up(interface, conversation))
    withdrawal.adopt(conversation, button, begun.run.pk, before)
    return begun


def _begun(interface: ChatInterface, conversation: Conversation, button: str, worker: str, way: Way) -> Begun:
    metadata = {BUTTON: button}
    return begin(
        conversation, interface, Run.Trigger.BUTTON, worker, parent=conversation.leaf, metadata=metadata, way=way
    )
