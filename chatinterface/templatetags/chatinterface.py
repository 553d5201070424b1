"""``{% load chatinterface %}``: icons, and the body of a message."""

from __future__ import annotations

from django import template
from django.utils.safestring import SafeString, mark_safe
from tablericons.templatetags.tablericons import icon

from chatinterface.content.markdown import render
from chatinterface.models import Message
from chatinterface.presentation import body

register = template.Library()
register.simple_tag(icon)


@register.filter
def message_body(message: Message) -> SafeString:
    """What was said, as HTML."""
    return mark_safe(body(message))


@register.filter
def markdown(text: object) -> SafeString:
    """Markdown as sanitised HTML."""
    return mark_safe(render(str(text)))
