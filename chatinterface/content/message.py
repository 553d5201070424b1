"""ChatMessage: what a callback returns where a message is more than its content; and the dicts that mean the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

# A dict with one of these is a message: Gradio's, and Panel's.
CONTENT = ("content", "object", "value")
KEYS = frozenset({*CONTENT, "role", "metadata", "options", "user", "avatar"})


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatMessage:
    """A message as a callback returns or yields it.

    ``content`` is any value that could be returned by itself, or a list of them. Whatever ``role`` says, it is the
    assistant's, as in Gradio. ``metadata`` with a ``title`` makes it a step (``id``, ``parent_id``, ``status``
    ``"pending"`` or ``"done"``, ``duration`` in seconds, ``log``); other metadata is kept with the message.
    ``options`` are the replies that its reader is offered: dicts of ``value`` and ``label``. ``user`` and ``avatar``
    say who speaks, where it is not the chat's ``callback_user``.
    """

    content: Any = ""
    role: str = "assistant"
    metadata: Mapping[str, Any] = field(default_factory=dict)
    options: Sequence[Mapping[str, Any]] = ()
    user: str = ""
    avatar: str = ""

    def __init__(
        self,
        content: Any = "",
        *,
        role: str = "assistant",
        metadata: Mapping[str, Any] | None = None,
        options: Sequence[Mapping[str, Any]] | None = None,
        user: str = "",
        avatar: str = "",
    ) -> None:
        for name, value in (
            ("content", content),
            ("role", "assistant"),
            ("metadata", dict(metadata or {})),
            ("options", list(options or ())),
            ("user", str(user or "")),
            ("avatar", str(avatar or "")),
        ):
            object.__setattr__(self, name, value)

    @property
    def is_step(self) -> bool:
        """Whether it is a step of the reply, and not said."""
        return bool(self.metadata.get("title"))

    @property
    def contents(self) -> list[Any]:
        """The content as a list."""
        if self.content is None:
            return []
        return list(self.content) if isinstance(self.content, list | tuple) else [self.content]


def message_of(value: object) -> ChatMessage | None:
    """A value as a message, where it is one: a ChatMessage, or a dict that Gradio or Panel would take for one."""
    if isinstance(value, ChatMessage):
        return value
    if not isinstance(value, Mapping) or not (KEYS.issuperset(value) or {"role", "content"} <= value.keys()):
        return None
    content = [value[name] for name in CONTENT if name in value]
    if len(content) != 1:
        return None
    return ChatMessage(
        content[0],
        metadata=value.get("metadata"),
        options=value.get("options"),
        user=value.get("user") or "",
        avatar=value.get("avatar") or "",
    )
