"""What a conversation remembers of its inputs: which are shown, and which one is active."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

from django.db import transaction

from chatinterface.exceptions import NotShown

if TYPE_CHECKING:
    from chatinterface.models import Conversation


def keep(conversation: Conversation, state: Mapping[str, Any], shown: Collection[str]) -> bool:
    """Remember in a locked conversation what was sent; whether it is anything new.

    Raises NotShown where the input is not among those that are ``shown``: a callback may have turned to another.
    """
    if "input" in state and state["input"] not in shown:
        raise NotShown
    new = {**conversation.state, **state}
    if new == conversation.state:
        return False
    conversation.state = new
    conversation.save(update_fields=["state"])
    return True


@transaction.atomic
def turn(conversation: Conversation, state: Mapping[str, Any]) -> int:
    """Remember it, count it as a change that all open pages are told of, and return the conversation's new revision.

    Raises Conversation.DoesNotExist where it was deleted meanwhile.
    """
    rows = type(conversation)._default_manager.select_for_update().only("state", "revision")
    locked = rows.get(pk=conversation.pk)
    locked.state = {**locked.state, **state}
    locked.revision += 1
    locked.save(update_fields=["state", "revision"])
    return locked.revision
