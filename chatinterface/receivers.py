"""What chatinterface does when something happens elsewhere in the site."""

from __future__ import annotations

import logging
from functools import partial
from typing import Any

from asgiref.sync import async_to_sync
from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.db import DatabaseError, transaction
from django.db.models.signals import post_delete, post_save, pre_delete
from django.dispatch import receiver
from django.http import HttpRequest

from chatinterface import adoption, events, retention, search, uploads
from chatinterface.models import Attachment, Conversation, Flag, Message, Upload

logger = logging.getLogger("chatinterface")


@receiver(user_logged_out)
def close_sockets(request: HttpRequest, **kwargs: Any) -> None:
    """Who logs out reads no further, in no open tab."""
    session_key = request.session.session_key
    if session_key:
        async_to_sync(events.log_out)(session_key)


@receiver(pre_delete, sender=Conversation)
def delete_flags(instance: Conversation, **kwargs: Any) -> None:
    """Flags go with their conversation, unless its chat says for how long they outlive it."""
    if not retention.keeps_flags(instance.interface):
        Flag.objects.filter(message__conversation=instance).delete()


@receiver(post_delete, sender=Attachment)
def delete_file(instance: Attachment, **kwargs: Any) -> None:
    """What is deleted for good leaves nothing in the storage."""
    if path := instance.file.name:
        # The storage knows no way back.
        transaction.on_commit(partial(instance.file.storage.delete, path), robust=True)


@receiver(post_delete, sender=Upload)
def delete_upload(instance: Upload, **kwargs: Any) -> None:
    """See delete_file()."""
    transaction.on_commit(partial(uploads.delete_files, instance), robust=True)


@receiver(user_logged_in)
def adopt(request: HttpRequest, user: Any, **kwargs: Any) -> None:
    """What a visitor said before logging in is theirs now. A failure is logged, and keeps nobody from logging in."""
    try:
        keys, chats = adoption.adopt(request.session, user)
    except DatabaseError:
        extra = {"event": "adoption.failed", "user": user.pk}
        logger.exception("The conversations of a session could not be given to its user", extra=extra)
        return
    for key in keys:
        transaction.on_commit(partial(async_to_sync(events.log_in), key), robust=True)
    for name in chats:
        group = events.history_group(user.pk, "", name)
        transaction.on_commit(partial(async_to_sync(events.list_changed), group, None), robust=True)


@receiver(post_save, sender=Message)
def index(instance: Message, update_fields: frozenset[str] | None, *, raw: bool, **kwargs: Any) -> None:
    """What is said can be found once it is complete, whoever has written it."""
    if not raw and (update_fields is None or "parts" in update_fields) and not instance.running:
        search.index_message(instance)
