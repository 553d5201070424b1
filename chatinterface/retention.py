"""What is deleted when its time is over: conversations, flags that have outlived theirs, files that were not sent."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from django.core.cache import cache
from django.db.models import QuerySet
from django.utils import timezone

from chatinterface import hooks, panel, registry, uploads
from chatinterface.interface import ChatInterface
from chatinterface.models import Attachment, Conversation, Flag, Upload

# Conversations that are deleted in one transaction.
CHUNK = 100

# Seconds after which an upload that was never sent is deleted, where its chat says nothing else.
UNSENT = 24 * 60 * 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Pruned:
    """How much was deleted."""

    conversations: int
    flags: int
    uploads: int


def prune(*, now: datetime | None = None, dry_run: bool = False, chunk: int = CHUNK) -> Pruned:
    """Delete what the chats' ``retention``, ``flag_retention`` and ``delete_cache`` say, and what visitors deleted.

    In transactions of ``chunk`` conversations: what uses the database meanwhile does not wait, and what was deleted
    stays so where it is broken off. With ``dry_run`` it is only counted.
    """
    now = now or timezone.now()
    if dry_run:
        return Pruned(
            conversations=sum(old.count() for old in _old(now)) + panel.purgeable().count(),
            flags=sum(flags.count() for flags in _outlived(now)),
            uploads=sum(_count_unsent(interface, now) for interface in registry.registered().values()),
        )
    conversations = sum(_delete(old, chunk) for old in _old(now))
    while deleted := panel.purge(limit=chunk):
        conversations += deleted
    return Pruned(
        conversations=conversations,
        flags=sum(flags.delete()[0] for flags in _outlived(now)),
        uploads=sum(uploads.prune(_unsent(each, now), each.name) for each in registry.registered().values()),
    )


def sweep(interface: ChatInterface) -> None:
    """Delete the chat's old uploads in a thread, where it says so and the last time is long enough ago."""
    if interface.delete_cache is None:
        return
    frequency, _age = interface.delete_cache
    if cache.add(f"chatinterface.swept.{interface.name}", 1, timeout=frequency):
        hooks.in_callback_thread(partial(uploads.prune, _unsent(interface, timezone.now()), interface.name))


def keeps_flags(name: str) -> bool:
    """Whether the flags of that chat outlive their conversations."""
    interface = registry.find(name)
    return interface is not None and interface.flag_retention is not None


def _old(now: datetime) -> Iterator[QuerySet[Conversation]]:
    for interface in registry.registered().values():
        if interface.retention is not None:
            before = now - timedelta(days=interface.retention)
            yield Conversation.objects.filter(interface=interface.name, updated_at__lt=before, deleted_at=None)


def _delete(old: QuerySet[Conversation], chunk: int) -> int:
    """Delete them, those first that have been there longest; one that is used meanwhile stays."""
    count = 0
    while ids := list(old.order_by("updated_at", "pk").values_list("pk", flat=True)[:chunk]):
        _total, by_model = old.filter(pk__in=ids).delete()
        count += by_model.get(Conversation._meta.label, 0)
    return count


def _outlived(now: datetime) -> Iterator[QuerySet[Flag]]:
    for interface in registry.registered().values():
        kept = timedelta(days=interface.flag_retention or 0)
        yield Flag.objects.filter(message=None, interface=interface.name, created_at__lt=now - kept)


def _unsent(interface: ChatInterface, now: datetime) -> datetime:
    return now - timedelta(seconds=interface.delete_cache[1] if interface.delete_cache else UNSENT)


def _count_unsent(interface: ChatInterface, now: datetime) -> int:
    before, name = _unsent(interface, now), interface.name
    waiting = Upload.objects.filter(created_at__lt=before, interface=name)
    orphans = Attachment.objects.filter(message=None, created_at__lt=before, conversation__interface=name)
    return waiting.count() + orphans.count()
