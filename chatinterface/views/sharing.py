"""What is shared: the page that anybody with the link reads, its files, and the list of one's own links."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_safe

from chatinterface import history, registry, sharing
from chatinterface.forms import ShareForm
from chatinterface.interface import ChatInterface
from chatinterface.models import Attachment, Conversation
from chatinterface.shared_link import SharedLink
from chatinterface.views.files import served
from chatinterface.views.guard import page, page_id


@page
def links(request: HttpRequest, interface: ChatInterface, uuid: UUID) -> HttpResponse:
    """The dialog in which a conversation is shared, and one's links are listed."""
    if not interface.shareable:
        raise Http404
    conversation = history.find(history.visitor(request), uuid, interface.name)
    return render(request, "chatinterface/share.html", _listed(request, interface, conversation))


def listed(
    request: HttpRequest, interface: ChatInterface, conversation: Conversation, made: SharedLink | None = None
) -> HttpResponse:
    """What stands in that dialog, after something was done in it."""
    context = {**_listed(request, interface, conversation), "made": made}
    return render(request, "chatinterface/share_links.html", context)


def _listed(request: HttpRequest, interface: ChatInterface, conversation: Conversation) -> dict[str, Any]:
    return {
        "interface": interface,
        "conversation": conversation,
        "links": sharing.links(interface, history.visitor(request)),
        "form": ShareForm(auto_id="chat-share-%s"),
    }


SharedView = Callable[..., HttpResponseBase]


def _shared(view: SharedView) -> SharedView:
    """For what is read by a link: nothing is asked of who reads it, and nobody is led to it."""

    @require_safe
    @never_cache
    @wraps(view)
    def wrapped(request: HttpRequest, name: str, token: str, **kwargs: Any) -> HttpResponseBase:
        interface = registry.find(name)
        if interface is None:
            raise Http404
        try:
            response = view(request, interface, sharing.find(interface, token), **kwargs)
        except (SharedLink.DoesNotExist, Attachment.DoesNotExist):
            raise Http404 from None
        response["X-Robots-Tag"] = "noindex, nofollow"
        # The address is all that is needed to read it.
        response["Referrer-Policy"] = "no-referrer"
        return response

    return wrapped


@_shared
def shared(request: HttpRequest, interface: ChatInterface, link: SharedLink) -> HttpResponse:
    """A page of what is shared; with ``?after=<id>`` the page behind that message."""
    after = page_id(request, "after") or 0
    messages, following = sharing.shown(link, after)
    conversation = link.conversation
    conversation.link = link
    context = {
        "interface": interface,
        "conversation": conversation,
        "messages": messages,
        "following": following,
        "link": link,
        "later": after > 0,
    }
    return render(request, "chatinterface/shared.html", context)


@xframe_options_sameorigin
@_shared
def file(request: HttpRequest, interface: ChatInterface, link: SharedLink, file: UUID) -> HttpResponseBase:
    """A file of what is shared, where its owner chose to show files."""
    if not sharing.shows_file(link, file):
        raise Http404
    return served(request, link.conversation.attachments.get(uuid=file))
