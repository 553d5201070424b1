"""What the first visitor would have to wait for, done while the server starts: it takes about half a second."""

from __future__ import annotations

import logging
from uuid import uuid4

from django.template.loader import render_to_string

from chatinterface import registry
from chatinterface.content import markdown
from chatinterface.forms import MessageForm
from chatinterface.models import Conversation
from chatinterface.sampling import answer_all

logger = logging.getLogger("chatinterface")


def warm() -> None:
    """Make ready what takes time: see load(), and the examples of chats that have them answered beforehand."""
    load()
    answer_all(list(registry.registered().values()))


def load() -> None:
    """Load lexers, formulas, templates and icons. What a site's own templates make of it is no reason to fail."""
    markdown.warm()
    try:
        for interface in list(registry.registered().values())[:1]:
            conversation = Conversation(uuid=uuid4(), interface=interface.name)
            form = MessageForm(interface=interface)
            context = {"interface": interface, "conversation": conversation, "form": form, "csrf_token": "NOTPROVIDED"}
            render_to_string("chatinterface/chat.html", context)
    except Exception as error:
        logger.debug("The templates could not be loaded beforehand: %s", error, extra={"event": "warm.failed"})
