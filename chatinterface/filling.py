"""A form that a reply shows: where it can be filled in, and what is said by it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms

from chatinterface.content.components.base import Part
from chatinterface.content.components.form import Form
from chatinterface.content.parts import find
from chatinterface.exceptions import FormClosed
from chatinterface.inputs import Entered, Input
from chatinterface.interface import ChatInterface
from chatinterface.models import Conversation, Message
from chatinterface.posting import entered_html


def asked(conversation: Conversation, message_id: int, name: str) -> tuple[Message, Part]:
    """The form of that id in the last message of a conversation.

    Raises Message.DoesNotExist where there is none, FormClosed where something has followed.
    """
    message = conversation.messages.get(pk=message_id, active=True)
    part = find(message.parts, name)
    if part is None or part.get("component") != Form.kind:
        raise Message.DoesNotExist
    if message.pk != conversation.leaf_id or message.running:
        raise FormClosed
    return message, part


def entry(interface: ChatInterface, part: Part) -> Input | None:
    """The declared form that a part shows; None where the chat has it no longer."""
    props = part.get("props")
    return interface.shown_forms.get(str(props.get("form"))) if isinstance(props, dict) else None


def form(
    entry: Input, message: Message, part: Part, data: Mapping[str, Any] | None = None, files: Any = None
) -> forms.BaseForm:
    """The form as the page has it: to be filled in, or with what was posted."""
    made = entry.form(data, files, auto_id=f"form-{message.pk}-{part.get('id', '')}-%s")
    props = part.get("props")
    initial = props.get("initial") if isinstance(props, dict) else None
    made.initial = {**made.initial, **(initial if isinstance(initial, dict) else {})}
    return made


def entered(interface: ChatInterface, entry: Input, form: forms.BaseForm) -> Entered:
    """What is said by a valid form."""
    parts = entry.parts(form)
    html = "".join(entered_html(interface, each) for each in parts)
    return Entered(parts=parts, html=html, value=entry.value(form), state={})
