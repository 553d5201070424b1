"""Who may act, and how it is said what cannot be done: what all actions have in common."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any

from django.db import InterfaceError, OperationalError, transaction
from django.forms import BoundField
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST

from chatinterface.exceptions import ChatError
from chatinterface.gate import LoginRequired, admitted, login_response
from chatinterface.models import Conversation, Message, Upload
from chatinterface.outages import away
from chatinterface.shared_link import SharedLink

Action = Callable[..., HttpResponse]


def action(view: Action) -> Action:
    """For a view that acts on a chat: admits its visitor, and says in words what cannot be done.

    Never in the request's transaction, where a site has one: what is announced must be committed.
    """

    @transaction.non_atomic_requests
    @require_POST
    @wraps(view)
    def wrapped(request: HttpRequest, name: str, **kwargs: Any) -> HttpResponse:
        try:
            return view(request, admitted(request, name), **kwargs)
        except LoginRequired:
            return login_response(request)
        except (Conversation.DoesNotExist, Message.DoesNotExist, Upload.DoesNotExist, SharedLink.DoesNotExist):
            raise Http404 from None
        except ChatError as error:
            return refusal(request, [str(error)])
        except (OperationalError, InterfaceError) as error:
            # The page keeps what it has posted, and posts it again: its key makes that harmless.
            away("A request was not taken: %s", error, event="request.failed", chat=name)
            return HttpResponse(status=503, headers={"Retry-After": "5"})

    return wrapped


def refusal(request: HttpRequest, errors: Sequence[object], fields: Sequence[BoundField] = ()) -> HttpResponse:
    """What cannot be done, in words; and what is wrong with each of these fields, to be said beside it."""
    return render(request, "chatinterface/form_errors.html", {"errors": errors, "fields": fields}, status=422)
