"""Who said it: the avatar of a message, and whether it goes on where the same author left off."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.templatetags.static import static

from chatinterface.content.avatars import initial, is_text
from chatinterface.interface import ChatInterface
from chatinterface.models import Message

# What of a message says whose it is.
AUTHOR = ("role", "user_name", "avatar")

ADDRESSES = ("/", "http://", "https://", "data:image/")


@dataclass(frozen=True, slots=True, kw_only=True)
class Avatar:
    """What is drawn beside a name: an image, a character or an emoji, or the initial of the name."""

    image: str = ""
    text: str = ""
    initial: str = ""

    def __bool__(self) -> bool:
        return bool(self.image or self.text or self.initial)


def avatar(interface: ChatInterface, message: Message) -> Avatar:
    """The avatar of a message: its own, its role's, or the one that its name is known by; else its initial."""
    found = interface.avatar_of(message.user_name, message.role, message.avatar)
    if message.role == Message.Role.USER and interface.layout == "bubble" and not (message.avatar or interface.avatar):
        # Whose bubble it is shows in where it stands.
        return Avatar()
    return drawn(found) if found else Avatar(initial=initial(message.user_name))


def drawn(value: Any) -> Avatar:
    """How an avatar is drawn: a character, an emoji, an address, the path of a static file, or a file with a URL."""
    if not isinstance(value, str):
        return Avatar(image=value.url)
    if is_text(value):
        return Avatar(text=value)
    return Avatar(image=value if value.startswith(ADDRESSES) else static(value))


def stored(value: Any) -> str:
    """An avatar as it is kept with a message; a file is looked up anew each time, as its address may change."""
    return value if isinstance(value, str) else ""


def link(messages: Sequence[Message], before: Message | None = None) -> None:
    """Tell messages of one path, in order, what was said before them, so that nothing has to ask the database."""
    for previous, message in zip([before, *messages], messages, strict=False):
        if previous is not None and previous.pk == message.parent_id:
            message.parent = previous


def continues(message: Message) -> bool:
    """Whether the message before it is by the same author, so that the name need not be said again."""
    before = message.parent
    return before is not None and all(getattr(before, name) == getattr(message, name) for name in AUTHOR)


def role_of(interface: ChatInterface, user_name: str) -> Message.Role:
    """Whose a message is that is written under this name: the visitor's under the chat's own ``user``, as in Panel."""
    theirs = bool(user_name) and user_name == str(interface.user) != str(interface.callback_user)
    return Message.Role.USER if theirs else Message.Role.ASSISTANT
