"""Sharing: a link by which anybody reads a conversation as it was when the link was made.

Its owner decides: a link passes by the chat's login and permissions, which is why a chat has to allow it
(``shareable``). What is shown is the path up to the message that was the last one then; versions that were made later
are not. Of whom is speaking only the roles are shown, and of files nothing unless their owner chose to.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from chatinterface import tree
from chatinterface.content.components.base import Part
from chatinterface.content.parts import is_plain, stand_in, walk
from chatinterface.conversations import locked
from chatinterface.exceptions import NotShareable
from chatinterface.history import Visitor
from chatinterface.interface import ChatInterface
from chatinterface.models import Conversation, Message
from chatinterface.queueing import require_idle
from chatinterface.shared_link import SharedLink

# Bytes of a token: nobody guesses 256 bits.
TOKEN = 32

# Messages on a page of what is shared, and links in the list of a visitor's own.
PAGE_SIZE = 100
LISTED = 50

# The kinds of components whose files are shown as they are: all others ask for more than a file.
KINDS = frozenset({"image", "gallery", "audio", "video", "pdf", "file"})
# The kinds that hold no file, or other parts.
PLAIN_KINDS = frozenset(
    {"markdown", "plain", "html", "record", "code", "json", "row", "column", "tabs", "accordion", "progress", "link"}
)


@transaction.atomic
def share(interface: ChatInterface, who: Visitor, uuid: UUID, *, shows_files: bool = False) -> SharedLink:
    """Make a link to what is shown of a conversation now; the same one again where there is one to it.

    Raises NotShareable where the chat does not allow it, or nothing was said; else as conversations.send().
    """
    if not interface.shareable:
        raise NotShareable
    conversation = locked(who, uuid, interface.name)
    require_idle(conversation)
    if conversation.leaf_id is None:
        raise NotShareable
    what = {"leaf_id": conversation.leaf_id, "shows_files": shows_files}
    same = conversation.links.filter(revoked_at=None, **what).first()
    return same or conversation.links.create(token=secrets.token_urlsafe(TOKEN), **what)


def revoke(interface: ChatInterface, who: Visitor, token: str) -> None:
    """Let a link of the visitor lead nowhere from now on. Raises SharedLink.DoesNotExist where it is not theirs."""
    link = SharedLink.objects.select_related("conversation").get(token=token, conversation__interface=interface.name)
    if not Conversation.objects.filter(who.owns(), pk=link.conversation_id).exists():
        raise SharedLink.DoesNotExist
    SharedLink.objects.filter(pk=link.pk, revoked_at=None).update(revoked_at=timezone.now())


def links(interface: ChatInterface, who: Visitor) -> list[SharedLink]:
    """The visitor's links of this chat that lead somewhere, the latest first."""
    own = Conversation.objects.filter(who.owns(), interface=interface.name, deleted_at=None)
    found = SharedLink.objects.filter(conversation__in=own, revoked_at=None)
    return list(found.select_related("conversation").order_by("-pk")[:LISTED])


def find(interface: ChatInterface, token: str) -> SharedLink:
    """The link, with its conversation. Raises SharedLink.DoesNotExist alike for one that is unknown or was revoked."""
    if not interface.shareable:
        raise SharedLink.DoesNotExist
    return SharedLink.objects.select_related("conversation__user").get(
        token=token, revoked_at=None, conversation__interface=interface.name, conversation__deleted_at=None
    )


def shown(link: SharedLink, after: int = 0) -> tuple[list[Message], int | None]:
    """A page of what a link shows, oldest first, as it may be seen; and what to pass as ``after`` for the next one."""
    found = list(tree.until(link.leaf_id).filter(pk__gt=after).order_by("pk")[: PAGE_SIZE + 1])
    page = found[:PAGE_SIZE]
    for message in page:
        _disguise(message, link)
    return page, page[-1].pk if len(found) > PAGE_SIZE else None


def shows_file(link: SharedLink, file: UUID) -> bool:
    """Whether a link shows this file: its owner chose to show files, and it is in what is shown."""
    if not link.shows_files:
        return False
    stored = tree.until(link.leaf_id).filter(parts__isnull=False).values_list("parts", flat=True)
    return any(file.hex in _files(_shared(parts, link)) for parts in stored.iterator())


def _disguise(message: Message, link: SharedLink) -> None:
    """Leave nothing in a message, which is not saved, but what may be seen."""
    if not is_plain(message.parts) or any(part.get("type") == "step" for part in message.parts):
        # Rendered anew: what was rendered for the owner leads to the files of the owner.
        message.parts, message.html = _shared(message.parts, link), ""
    if message.role == Message.Role.USER:
        message.user_name, message.avatar = _("Visitor"), ""
    elif message.user_name in _names(link):
        message.user_name, message.avatar = "", ""


def _names(link: SharedLink) -> set[str]:
    owner = link.conversation.user
    if owner is None:
        return set()
    return {owner.get_username(), str(owner), getattr(owner, "email", ""), *_full_names(owner)} - {""}


def _full_names(owner: object) -> Iterable[str]:
    return [getattr(owner, name)() for name in ("get_full_name", "get_short_name") if hasattr(owner, name)]


def _shared(parts: Iterable[Part], link: SharedLink) -> list[Part]:
    return [shown for part in parts if (shown := _part(part, link)) is not None]


def _part(part: Part, link: SharedLink) -> Part | None:
    """A part as it is shown: as it is, or by the text that stands for it."""
    kind = part.get("type")
    if kind == "text":
        return part
    if kind == "step":
        return {**part, "parts": _shared(part.get("parts", ()), link)}
    if kind == "file":
        return part if link.shows_files else {"type": "text", "text": f"*{_('A file that is not shown here')}*"}
    if part.get("secret"):
        return None
    inside = {each.get("component") for each in walk([part]) if each.get("type") == "component"}
    known = kind == "component" and inside <= KINDS | PLAIN_KINDS
    return part if known and (link.shows_files or not _files([part])) else {"type": "text", "text": stand_in(part)}


def _files(parts: Iterable[Part]) -> set[str]:
    return {part["file"] for part in walk(parts) if part.get("type") == "file" and isinstance(part.get("file"), str)}
