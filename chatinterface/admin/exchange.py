"""What was said around a flag, as articles for the page of its review: from the snapshot, or as it is now."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext

from chatinterface import registry
from chatinterface.content.markdown import render
from chatinterface.content.sanitise import clean_rendered
from chatinterface.flags.reviewing import Surroundings
from chatinterface.models import Attachment, Flag, Message
from chatinterface.presentation import body
from chatinterface.views import documents, files

if TYPE_CHECKING:
    from chatinterface.admin.flags import FlagAdmin

# Where the files of a conversation are, below its own address.
FILES = "f/"

# What is said of a reply that did not come to its end.
NOTED = {Message.Status.STOPPED, Message.Status.INTERRUPTED, Message.Status.FAILED}


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """A message as the review shows it. ``marked`` says what it was flagged with, where it is the flagged one."""

    role: str
    name: str
    avatar: str
    html: SafeString
    status: str
    error: str = ""
    note: str = ""
    marked: str = ""


def seen(flag: Flag) -> list[Article]:
    """The question and the reply, as the flagger saw them."""
    snapshot = flag.snapshot
    question = snapshot.get("input")
    reply = _kept(flag, snapshot.get("output") or {}, marked=gettext("Flagged: %s") % gettext(flag.option))
    return [_kept(flag, question), reply] if question else [reply]


def before(flag: Flag, around: Surroundings | None) -> list[Article]:
    """What was said before the question: as it is now, or where it is gone as it was kept."""
    if around is None:
        return [
            Article(
                role=each.get("role", ""),
                name=_named(each.get("role", "")),
                avatar="",
                html=_safe(flag, render(each.get("content", ""))),
                status=Message.Status.DONE,
            )
            for each in flag.snapshot.get("before", [])
        ]
    question = (flag.snapshot.get("input") or {}).get("id")
    return [_now(flag, around, message) for message in around.before if message.pk != question]


def after(flag: Flag, around: Surroundings | None) -> list[Article]:
    """What has been said since."""
    return [_now(flag, around, message) for message in around.after] if around else []


def file(admin: FlagAdmin, request: HttpRequest, pk: int, uuid: UUID, kind: str) -> HttpResponseBase:
    """A file of the conversation around a flag, for its review; those of other messages for who may view messages.

    Whose a conversation is does not matter here: staff who review it look at another's.
    """
    flag = get_object_or_404(Flag.objects.select_related("message"), pk=pk)
    if not admin.has_view_permission(request, flag):
        raise PermissionDenied
    if flag.message is None:
        raise Http404
    found = Attachment.objects.filter(uuid=uuid, conversation=flag.message.conversation_id)
    if not request.user.has_perm("chatinterface.view_message"):
        exchange = [(flag.snapshot.get(which) or {}).get("id") for which in ("input", "output")]
        found = found.filter(message__in=[pk for pk in exchange if pk])
    attachment = get_object_or_404(found.select_related("message"))
    if kind == "file":
        return files.served(request, attachment)
    interface = registry.find(flag.interface)
    if interface is None or attachment.message is None or attachment.message.role != Message.Role.ASSISTANT:
        raise Http404
    return documents.served(request, interface, attachment)


def _now(flag: Flag, around: Surroundings, message: Message) -> Article:
    interface = registry.find(around.conversation.interface)
    return Article(
        role=message.role,
        name=message.user_name or message.get_role_display(),
        avatar=message.avatar,
        html=_safe(flag, body(interface, around.conversation, message) if interface else message.html),
        status=message.status,
        error=message.metadata.get("error", {}).get("text", ""),
        note=_note(message.status),
    )


def _kept(flag: Flag, message: Mapping[str, Any], marked: str = "") -> Article:
    role = str(message.get("role", ""))
    return Article(
        role=role,
        name=message.get("user_name") or _named(role),
        avatar=message.get("avatar", ""),
        html=_safe(flag, message.get("html", "")),
        status=message.get("status", ""),
        error=message.get("error", ""),
        note=_note(message.get("status", "")),
        marked=marked,
    )


def _named(role: str) -> str:
    return str(Message.Role(role).label) if role in Message.Role.values else role


def _note(status: str) -> str:
    return str(Message.Status(status).label) if status in NOTED else ""


def _safe(flag: Flag, html: str) -> SafeString:
    """What was rendered once, sanitised again: it has been lying in the database, and staff have more to lose.

    The files in it are those of another, whom the chat would serve them to: here they are served to the reviewer.
    """
    shown = clean_rendered(html)
    if flag.message is not None and FILES in shown:
        conversation = flag.message.conversation
        place = reverse("chatinterface:conversation", args=[conversation.interface, conversation.uuid])
        pattern = rf'(?<=["]){re.escape(place)}{FILES}([0-9a-f-]{{36}})/(document/)?(?=")'
        shown = re.sub(pattern, lambda found: _address(flag, found), shown)
    return mark_safe(shown)


def _address(flag: Flag, found: re.Match[str]) -> str:
    kind = "document" if found[2] else "file"
    return reverse("admin:chatinterface_flag_file", args=[flag.pk, kind, UUID(found[1])])
