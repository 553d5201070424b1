"""What a conversation shows beside its log, as it is kept."""

from __future__ import annotations

from collections.abc import Mapping

from django.db import transaction

from chatinterface.content.components.base import Part
from chatinterface.declarations.outputs import Output
from chatinterface.interface import ChatInterface
from chatinterface.models import Conversation, Message
from chatinterface.presentation import part_html

STATE = "outputs"


@transaction.atomic
def keep(conversation: Conversation, shown: Mapping[str, Part]) -> None:
    """Remember what is shown under these names. Raises Conversation.DoesNotExist where it was deleted meanwhile."""
    locked = Conversation.objects.select_for_update().only("state").get(pk=conversation.pk)
    locked.state[STATE] = {**locked.state.get(STATE, {}), **shown}
    locked.save(update_fields=["state"])


def find(interface: ChatInterface, name: str) -> Output | None:
    """The output of that name."""
    return next((output for output in interface.outputs if output.name == name), None)


def html(interface: ChatInterface, conversation: Conversation, output: Output) -> str:
    """What an output shows in a conversation; "" where it is nothing."""
    part = conversation.state.get(STATE, {}).get(output.name, output.initial)
    if not part:
        return ""
    message = Message(conversation=conversation, role=Message.Role.ASSISTANT)
    return part_html(interface, conversation, message, part)
