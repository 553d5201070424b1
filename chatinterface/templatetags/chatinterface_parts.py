"""``{% load chatinterface_parts %}``: what the templates of the built-in kinds of parts need."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django import template
from django.forms import BaseForm
from django.template.context import RequestContext
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe

from chatinterface import filling, presentation
from chatinterface.content import media
from chatinterface.content.code import highlight
from chatinterface.content.folding import tree
from chatinterface.content.parts import walk
from chatinterface.content.sanitise import clean, is_own
from chatinterface.content.tables.sheet import Description, Page, Question
from chatinterface.content.tables.shown import Shown, shown
from chatinterface.interface import ChatInterface
from chatinterface.models import Message

register = template.Library()

# Pixels that a picture in the log takes at most: the width of a line of text, and what is seen of it at once.
WIDEST, HIGHEST = 736, 480


@register.simple_tag(takes_context=True)
def file_url(context: RequestContext, file: dict[str, Any], view: str = "file") -> str:
    """Where a file of the conversation is served; as what it is by the view "document", "rows" or "download"."""
    conversation = context["conversation"]
    if conversation.link is not None:
        # It is read by who has the link, whose own address each of its files has.
        token = conversation.link.token
        return reverse("chatinterface:shared-file", args=[conversation.interface, token, UUID(file["file"])])
    return reverse(f"chatinterface:{view}", args=[conversation.interface, conversation.uuid, UUID(file["file"])])


@register.simple_tag(takes_context=True)
def picture_url(context: RequestContext, file: dict[str, Any]) -> str:
    """Where a picture that a callback has made is served; a drawing has to be served as one."""
    return file_url(context, file, "document" if file["content_type"] == "image/svg+xml" else "file")


@register.simple_tag(takes_context=True)
def first_page(context: RequestContext, props: dict[str, Any]) -> Shown:
    """The page of a table that is shown first."""
    kept = props["page"]
    file = props["items"][0]
    page = Page(**{**kept, "question": Question(**kept["question"])})
    return shown(Description.load(props["description"]), page, file_url(context, file, "rows"), file["file"])


@register.filter
def have_components(messages: Iterable[Message]) -> bool:
    """Whether any of the messages shows a component or a file."""
    return any(part.get("type") in {"component", "file"} for message in messages for part in walk(message.parts))


@register.simple_tag(takes_context=True)
def said(context: RequestContext, text: str) -> SafeString:
    """Markdown as the chat has it."""
    return mark_safe(presentation.markdown(context["interface"], text, context["message"]))


@register.simple_tag
def shown_form(interface: ChatInterface, message: Message, part: dict[str, Any]) -> BaseForm | None:
    """The form that a part shows, to be filled in; None where the chat has it no longer."""
    entry = filling.entry(interface, part)
    return filling.form(entry, message, part) if entry is not None else None


@register.filter
def highlighted(code: str, language: str) -> SafeString:
    """Code as coloured HTML."""
    return mark_safe(highlight(code, language))


@register.filter
def sanitised(html: str) -> SafeString:
    """HTML, of which only what may stand in a message is left."""
    return mark_safe(clean(html))


@register.filter
def folding(value: Any, depth: int) -> SafeString:
    """JSON as a tree that folds."""
    return tree(value, depth)


@register.filter
def titled(props: dict[str, Any]) -> Iterable[tuple[str, Any]]:
    """The items of a layout, each with its title."""
    return list(zip(props["titles"], props["items"], strict=False))


@register.filter
def own(url: str) -> bool:
    """Whether an address is one of this site, whose files may be shown."""
    return is_own(url)


@register.filter
def linked(url: str) -> str:
    """An address that may be followed: of the web, or of this site; "" for one that would run something."""
    return url if is_own(url) or url.startswith(("https://", "http://")) else ""


@register.filter
def medium(content_type: str) -> str:
    """As what a file can be shown in the page: "image", "audio", "video", "pdf", or "" for none of them."""
    kinds = {"image": media.IMAGES, "audio": media.AUDIO, "video": media.VIDEO, "pdf": {media.PDF}}
    return next((kind for kind, types in kinds.items() if content_type in types), "")


@register.filter
def fitted(props: dict[str, Any]) -> tuple[int, int] | None:
    """The width and height at which a picture is shown in the log, where they are known."""
    width, height = props.get("width"), props.get("height")
    if not width or not height:
        return None
    scale = min(1, WIDEST / width, HIGHEST / height)
    return max(1, round(width * scale)), max(1, round(height * scale))
