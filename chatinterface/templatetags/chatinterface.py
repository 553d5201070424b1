"""``{% load chatinterface %}``: icons, and the body of a message."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any

from django import template
from django.forms import BaseForm, BoundField, Media
from django.template import Context
from django.template.defaultfilters import floatformat
from django.template.loader import render_to_string
from django.urls import get_script_prefix, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from tablericons.templatetags.tablericons import icon

from chatinterface import authors, by_socket, events, hooks, outputs, presses, responding, signals, versions
from chatinterface import opening as opening_messages
from chatinterface.cards import Card, cards
from chatinterface.content.allowance import FileLimits
from chatinterface.content.markdown import render
from chatinterface.declarations.buttons import Button
from chatinterface.flags import flagging
from chatinterface.inputs import Input
from chatinterface.interface import ChatInterface
from chatinterface.models import Conversation, Flag, Message
from chatinterface.posting import Panel, additional_form, field_template, media, panels
from chatinterface.presentation import body, part_html, parts_html
from chatinterface.widgets.files import limits_of

# Seconds below which a tenth of one counts.
SHORT = 10

register = template.Library()
# A page has some hundred of few kinds, and each would be made from its XML anew.
register.simple_tag(lru_cache(maxsize=1024)(icon), name="icon")


@register.simple_tag
def socket_path(conversation: Conversation) -> str:
    """Where the conversation's websocket is, on this host."""
    return get_script_prefix() + events.SOCKET.format(conversation.uuid)


@register.simple_tag
def offered(interface: ChatInterface, message: Message) -> versions.Offer:
    """What the reader of a message may do with it."""
    return versions.offered(interface, message)


@register.filter
def sends_by_socket(interface: ChatInterface) -> bool:
    """Whether the page may send messages by its socket."""
    return by_socket.sends(interface)


@register.filter
def hears_copies(interface: ChatInterface) -> bool:
    """Whether anybody is to be told of messages that are copied."""
    return hooks.listens(interface, interface.on_copy, signals.message_copied)


@register.filter
def hears_selections(interface: ChatInterface) -> bool:
    """Whether anybody is to be told of messages that are selected."""
    return hooks.listens(interface, interface.on_select, signals.message_selected)


@register.simple_tag
def may_flag(interface: ChatInterface, message: Message) -> bool:
    """Whether its reader may flag a message."""
    return flagging.may_flag(interface, message)


@register.simple_tag
def own_flag(conversation: Conversation, message: Message) -> Flag | None:
    """What the conversation's owner has flagged a message with."""
    return flagging.own_flag(conversation, message)


@register.simple_tag
def input_panels(interface: ChatInterface, conversation: Conversation) -> list[Panel]:
    """The inputs of a chat that has declared some, as they stand in a conversation."""
    return panels(interface, conversation)


@register.simple_tag
def input_standing(interface: ChatInterface, conversation: Conversation) -> str:
    """Which inputs a conversation shows, and which one is active, as JSON."""
    shown, active = interface.standing(conversation.state)
    return json.dumps({"active": active, "shown": shown})


@register.filter
def input_media(interface: ChatInterface) -> Media:
    """The scripts and stylesheets that the inputs of a chat bring along."""
    return media(interface)


@register.filter
def shown_inputs(panels: list[Panel]) -> int:
    """How many inputs have a tab."""
    return sum(panel.shown for panel in panels)


@register.simple_tag
def additional_inputs(interface: ChatInterface, conversation: Conversation) -> BaseForm | None:
    """The inputs below a chat, with what the conversation was sent with."""
    return additional_form(interface, conversation)


@register.simple_tag
def example_cards(interface: ChatInterface) -> list[Card]:
    """The examples of a chat, as they are shown."""
    return cards(interface)


@register.filter
def input_template(field: BoundField) -> str:
    """The template that shows a field of an input."""
    return f"chatinterface/inputs/{field_template(field)}.html"


@register.filter
def file_limits(field: BoundField) -> FileLimits | None:
    """The files that a field of an input takes; None where it takes something else."""
    return limits_of(field.field)


@register.filter
def upload_name(entry: Input, field: BoundField) -> str:
    """What uploads for a field of an input are announced as."""
    return entry.upload_name(field.name)


@register.filter
def posted_name(entry: Input, field: BoundField) -> str:
    """What the ids of the files for a field of an input are posted by."""
    return entry.posted_name(field.name)


@register.simple_tag
def avatar(interface: ChatInterface, message: Message) -> authors.Avatar:
    """What is drawn beside the name of a message: ``image``, ``text`` or ``initial``; false where it is nothing."""
    return authors.avatar(interface, message)


@register.simple_tag
def opening(interface: ChatInterface) -> list[Message]:
    """The messages that stand above those of every conversation."""
    helping = opening_messages.help_message(interface)
    return [*([helping] if helping else []), *opening_messages.initial_messages(interface)]


@register.simple_tag(takes_context=True)
def opening_header(context: Context) -> SafeString:
    """What stands at the top of the log, as HTML."""
    interface, conversation = context["interface"], context["conversation"]
    message = Message(role=Message.Role.ASSISTANT)
    return parts_html(interface, conversation, message, opening_messages.header(interface))


@register.filter
def opens_with_components(interface: ChatInterface) -> bool:
    """Whether any component or file stands above those that conversations have."""
    parts = [part for message in opening(interface) for part in message.parts]
    return any(part["type"] != "text" for part in [*parts, *opening_messages.header(interface)])


@register.simple_tag
def options(message: Message) -> list[responding.Option]:
    """The replies that a message offers."""
    return responding.options(message)


@register.simple_tag
def takes_reactions(interface: ChatInterface, message: Message) -> bool:
    """Whether the reactions of the chat stand below a message."""
    return responding.takes_reactions(interface, message)


@register.simple_tag(takes_context=True)
def chat_output(context: Context, name: str) -> SafeString:
    """An output of the page's chat, by its name: anywhere in the page. Nothing where the chat has no such output."""
    interface, conversation = context["interface"], context["conversation"]
    output = outputs.find(interface, name)
    if output is None:
        return SafeString()
    html = mark_safe(outputs.html(interface, conversation, output))
    shown = {"output": output, "conversation": conversation, "html": html}
    return render_to_string("chatinterface/output.html", shown)


@register.simple_tag
def button_script(interface: ChatInterface, button: Button) -> SafeString:
    """The attributes of a button whose click runs code of the chat's own; nothing where it does not."""
    if not button.script:
        return SafeString()
    address = reverse("chatinterface:button-script", args=[interface.name, button.name, button.digest])
    return format_html(' data-script="{}" data-args="{}"', address, button.given)


@register.filter
def is_quiet(message: Message) -> bool:
    """Whether a button has begun a message in which nothing is said yet, and perhaps never will be."""
    return presses.is_quiet(message)


@register.filter
def continues(message: Message) -> bool:
    """Whether the message before it is by the same author."""
    return authors.continues(message)


@register.simple_tag(takes_context=True)
def message_body(context: Context) -> SafeString:
    """What was said in the ``message`` of the context, as HTML."""
    return mark_safe(body(context["interface"], context["conversation"], context["message"]))


@register.simple_tag(takes_context=True)
def part(context: Context, part: dict[str, Any]) -> SafeString:
    """A part of the ``message`` of the context as HTML: ``{% part item %}`` shows the children of a layout."""
    return mark_safe(part_html(context["interface"], context["conversation"], context["message"], part))


@register.filter
def duration(seconds: float) -> str:
    """How long something took: "0.2 s", "12 s", "3 min 5 s"."""
    if seconds < SHORT:
        return _("%(seconds)s s") % {"seconds": floatformat(seconds, 1)}
    minutes, rest = divmod(round(seconds), 60)
    if not minutes:
        return _("%(seconds)s s") % {"seconds": rest}
    return _("%(minutes)s min %(seconds)s s") % {"minutes": minutes, "seconds": rest}


@register.filter
def markdown(text: object) -> SafeString:
    """Markdown as sanitised HTML."""
    return mark_safe(render(str(text)))
