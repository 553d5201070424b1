"""``{% load chatinterface %}``: icons, and the body of a message."""

from __future__ import annotations

from django import template
from django.urls import get_script_prefix
from django.utils.safestring import SafeString, mark_safe
from tablericons.templatetags.tablericons import icon

from chatinterface import events
from chatinterface.content.markdown import render
from chatinterface.models import Conversation, Message
from chatinterface.presentation import body

register = template.Library()
register.simple_tag(icon)


@register.simple_tag
def socket_path(conversation: Conversation) -> str:
    """Where the conversation's websocket is, on this host."""
    return get_script_prefix() + events.SOCKET.format(conversation.uuid)


@register.filter
def message_body(message: Message) -> SafeString:
    """What was said, as HTML."""
    return mark_safe(body(message))


@register.filter
def markdown(text: object) -> SafeString:
    """Markdown as sanitised HTML."""
    return mark_safe(render(str(text)))
