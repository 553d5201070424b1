"""What chatinterface does when something happens elsewhere in the site."""

from __future__ import annotations

from typing import Any

from asgiref.sync import async_to_sync
from django.contrib.auth.signals import user_logged_out
from django.dispatch import receiver
from django.http import HttpRequest

from chatinterface import events


@receiver(user_logged_out)
def close_sockets(request: HttpRequest, **kwargs: Any) -> None:
    """Who logs out reads no further, in no open tab."""
    session_key = request.session.session_key
    if session_key:
        async_to_sync(events.log_out)(session_key)
