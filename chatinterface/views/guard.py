"""Who may read: what all pages, fragments and files have in common."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import Http404, HttpRequest, HttpResponseBase
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from chatinterface.gate import LoginRequired, admitted, login_response
from chatinterface.models import Attachment, Conversation, Message

# No id has more digits.
LONGEST_ID = 18

ReadView = Callable[..., HttpResponseBase]


def page(view: ReadView) -> ReadView:
    """For a page or a fragment of a chat: as readable(), and never kept by a cache."""
    return never_cache(readable(view))


def readable(view: ReadView) -> ReadView:
    """For a view of a chat: resolves its name, admits its visitor, answers 404 for what is not theirs."""

    @require_safe
    @wraps(view)
    def wrapped(request: HttpRequest, name: str, **kwargs: Any) -> HttpResponseBase:
        try:
            return view(request, admitted(request, name), **kwargs)
        except LoginRequired:
            return login_response(request)
        except (Conversation.DoesNotExist, Message.DoesNotExist, Attachment.DoesNotExist):
            raise Http404 from None

    return wrapped


def page_id(request: HttpRequest, parameter: str) -> int | None:
    """The id in the query string at which a page of a list begins, or None. Raises Http404 for what is none."""
    value = request.GET.get(parameter, "")
    if not value:
        return None
    if not (value.isascii() and value.isdecimal() and len(value) <= LONGEST_ID):
        raise Http404
    return int(value)
