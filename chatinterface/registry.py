"""The chats of the site, by name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, overload

from django.core.exceptions import ImproperlyConfigured

from chatinterface.interface import ChatInterface, declared

_chats: dict[str, ChatInterface] = {}


@overload
def register(chat: ChatInterface | type[ChatInterface], **attributes: Any) -> ChatInterface: ...
@overload
def register(chat: Callable[..., Any], **attributes: Any) -> Any: ...
@overload
def register(chat: None = None, **attributes: Any) -> Callable[[Any], Any]: ...


def register(chat: Any = None, **attributes: Any) -> Any:
    """Give the site a chat. As function or decorator::

        register(ChatInterface(answer, title="Ask"))     # an instance
        register(answer, title="Ask")                    # a callback, with attributes of ChatInterface

        @register(title="Ask")                           # a callback or a subclass of ChatInterface
        async def answer(message, history): ...

    As a decorator it gives back what it decorates; a call gives back the same. The chat's address is its ``name``,
    by default the function's or class's own. Raises ImproperlyConfigured where two chats have one name.
    """
    if chat is None:
        return lambda decorated: register(decorated, **attributes)
    interface = _interface(chat, attributes)
    taken = _chats.setdefault(interface.name, interface)
    if taken is not interface:
        raise ImproperlyConfigured(
            f"Two chats have the name {interface.name!r}: {declared(taken)} and {declared(interface)}. Give one of "
            "them another name=…."
        )
    return chat


def _interface(chat: Any, attributes: dict[str, Any]) -> ChatInterface:
    if isinstance(chat, ChatInterface):
        if attributes:
            raise TypeError(
                "register() takes no attributes beside a ChatInterface: give them to the ChatInterface itself."
            )
        return chat
    if isinstance(chat, type) and issubclass(chat, ChatInterface):
        return chat(**attributes)
    if "callback" in attributes or "fn" in attributes:
        raise TypeError(
            "register() got a callback twice: remove fn=… or callback=…, as what is registered is the callback."
        )
    return ChatInterface(chat, **attributes)


def unregister(name: str) -> None:
    """Take a chat from the site. Raises KeyError where there is none of that name."""
    del _chats[name]


def registered() -> dict[str, ChatInterface]:
    """All chats by name, in the order of their registration."""
    return dict(_chats)


def find(name: str) -> ChatInterface | None:
    """The chat of that name, or None."""
    return _chats.get(name)


def shows_list(name: str) -> bool:
    """Whether the visitors of that chat see their conversations in a list, searchable and marked as unread."""
    interface = find(name)
    return interface is not None and interface.save_history
