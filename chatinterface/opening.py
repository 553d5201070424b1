"""What a conversation opens with, as messages that are stored nowhere."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from chatinterface.content.parts import text_parts
from chatinterface.interface import ChatInterface
from chatinterface.models import Message


def help_message(interface: ChatInterface) -> Message | None:
    """The help text, as a message that is no part of the history; None where the chat has none."""
    if not interface.help_text:
        return None
    return Message(role=Message.Role.SYSTEM, user_name=_("Help"), parts=text_parts(str(interface.help_text)))


def initial_messages(interface: ChatInterface) -> list[Message]:
    """The messages that every conversation of the chat starts with."""
    return [_message(interface, each) for each in interface.initial_messages]


def _message(interface: ChatInterface, value: Any) -> Message:
    given = value if isinstance(value, Mapping) else {"content": value}
    role = given.get("role", Message.Role.ASSISTANT)
    names = {Message.Role.USER: interface.user, Message.Role.ASSISTANT: interface.callback_user}
    return Message(
        role=role,
        user_name=str(given.get("user") or names.get(role, "")),
        avatar=given.get("avatar", ""),
        parts=text_parts(str(given.get("content", ""))),
    )
