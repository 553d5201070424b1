"""Writing a conversation into a file: see transcripts, which reads it back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from chatinterface.content.parts import text_of

if TYPE_CHECKING:
    from chatinterface.models import Conversation

FORMAT = "chatinterface.conversation"
VERSION = 1


def to_markdown(conversation: Conversation) -> str:
    """The shown path as Markdown: the title, then who said what; other parts by the text that stands for them."""
    title = _line(conversation.title or _("Conversation"))
    said = [f"# {title}"]
    for message in conversation.messages.filter(active=True).order_by("pk").iterator(chunk_size=500):
        name = _line(message.user_name or message.get_role_display())
        when = date_format(timezone.localtime(message.created_at), "DATETIME_FORMAT")
        said.append(f"**{name}** · {when}")
        if text := text_of(message.parts):
            said.append(text.strip("\n"))
        if not message.running and message.status != message.Status.DONE:
            said.append(f"*{message.get_status_display()}*")
    return "\n\n".join(said) + "\n"


def to_json(conversation: Conversation) -> dict[str, Any]:
    """All of a conversation, as from_json() reads it: messages by their number in it, each after its parent.

    A reply that is being written is there as far as it is stored, as interrupted.
    """
    numbers: dict[int, int] = {}
    until: dict[int, int] = {}
    messages: list[dict[str, Any]] = []
    for message in conversation.messages.order_by("pk").iterator(chunk_size=500):
        numbers[message.pk] = len(numbers) + 1
        if message.last_leaf_id is not None:
            until[numbers[message.pk]] = message.last_leaf_id
        messages.append(
            {
                "id": numbers[message.pk],
                "parent": numbers.get(message.parent_id or 0),
                "shown": message.active,
                "role": message.role,
                "name": message.user_name,
                "avatar": message.avatar,
                "status": message.Status.INTERRUPTED if message.running else message.status,
                "created": message.created_at.isoformat(),
                "parts": message.parts,
                "metadata": message.metadata,
            }
        )
    for number, leaf in until.items():
        messages[number - 1]["until"] = numbers.get(leaf)
    return {
        "format": FORMAT,
        "version": VERSION,
        "chat": conversation.interface,
        "title": conversation.title,
        "language": conversation.language,
        "created": conversation.created_at.isoformat(),
        "last": numbers.get(conversation.leaf_id or 0),
        "messages": messages,
    }


def _line(text: str) -> str:
    """A name or a title in one line of Markdown that means nothing else."""
    return "".join("\\" + letter if letter in r"\`*_{}[]<>#|~" else letter for letter in " ".join(text.split()))
