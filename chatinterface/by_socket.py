"""What a page may send up its socket, and whether messages are among it."""

from __future__ import annotations

import json
from typing import Any

from django.conf import settings

from chatinterface import conf, events
from chatinterface.interface import ChatInterface

# What of a site's middleware has no say in who may send what: what the socket does itself, or looks after headers and
# files only.
INDIFFERENT = ("django.middleware.", "django.contrib.messages.", "django_htmx.", "whitenoise.", "corsheaders.", "csp.")
DONE_BY_SOCKET = {
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
}

# The most characters of a frame: of one that keeps the stream in step, and of one with a message.
LONGEST_ACK = 200
LONGEST_SEND = 32 * 1024

# What an acknowledgement is about: patches applied so far, in characters; or a reply shown as far as a patch's number.
ACKS = ({"bytes"}, {"message", "seq"})

# What comes with a message: its idempotency key, and its text.
SEND = {"key", "text"}


def sends(interface: ChatInterface) -> bool:
    """Whether the messages of a chat are sent by the socket: those of a chat that takes plain text.

    Not where something of the chat's is called before each message: a message may be sent twice, by the socket and,
    where that does not take it, by a request, of which only one is taken.
    """
    plain = not interface.inputs and interface.additional is None
    before = interface.validator or interface.pressable("send").callback
    return plain and before is None and _allowed()


def _allowed() -> bool:
    """Whether the site lets messages pass its middleware by."""
    chosen = conf.get().send_by_socket
    if chosen is not None:
        return chosen
    # A session that is renewed by each request has to be by each message.
    asked = settings.SESSION_SAVE_EVERY_REQUEST or settings.DISALLOWED_USER_AGENTS
    return not asked and all(each.startswith(INDIFFERENT) or each in DONE_BY_SOCKET for each in settings.MIDDLEWARE)


def parse(text: str | None) -> dict[str, Any] | None:
    """A frame that a page may send, its numbers sizes and ids, its text such as can be kept; None for any other."""
    if text is None or len(text) > LONGEST_SEND:
        return None
    try:
        frame = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(frame, dict):
        return None
    kind, content = frame.get("type"), {name: value for name, value in frame.items() if name != "type"}
    if kind == events.ACK and len(text) <= LONGEST_ACK and set(content) in ACKS:
        return frame if all(type(number) is int and 0 <= number < 2**53 for number in content.values()) else None
    if kind == events.SEND and set(content) == SEND:
        return frame if all(isinstance(value, str) and _is_text(value) for value in content.values()) else None
    return None


def _is_text(value: str) -> bool:
    # JSON can name halves of characters.
    return value.isascii() or not any("\ud800" <= each <= "\udfff" for each in value)
