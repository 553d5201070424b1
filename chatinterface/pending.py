"""Upload: a file that was attached and is not sent yet."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class Upload(models.Model):
    """A file that a visitor has attached and not sent yet, all of it or what has arrived.

    It is the conversation's, by its public id: that may not exist before its first message. When it is sent it becomes
    an Attachment.
    """

    uuid = models.UUIDField(_("public id"), unique=True, default=uuid.uuid4, editable=False)
    place = models.UUIDField(_("conversation"), db_index=True)
    interface = models.CharField(_("chat"), max_length=100)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("user"),
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="chat_uploads",
    )
    session_key = models.CharField(_("session"), max_length=40, blank=True)
    # The input that it was attached to, where the chat has declared some.
    input = models.CharField(_("input"), max_length=200, blank=True)
    name = models.CharField(_("name"), max_length=255)
    # What the browser takes it for, until all of it has arrived.
    content_type = models.CharField(_("content type"), max_length=255, blank=True)
    size = models.PositiveBigIntegerField(_("size in bytes"))
    received = models.PositiveBigIntegerField(_("bytes received"), default=0)
    # What has arrived lies in the storage in so many pieces, until it is put together.
    pieces = models.PositiveIntegerField(_("pieces"), default=0)
    path = models.CharField(_("path"), max_length=200, blank=True)
    sha256 = models.CharField("SHA-256", max_length=64, blank=True)
    # What its part in the message is to have: the width and height of an image.
    details = models.JSONField(_("details"), default=dict, blank=True)
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)

    objects: ClassVar[models.Manager[Upload]] = models.Manager()

    class Meta:
        verbose_name = _("upload")
        verbose_name_plural = _("uploads")
        indexes: ClassVar[list[Any]] = [
            models.Index("created_at", name="chatinterface_uploads_old"),
            models.Index("session_key", name="chatinterface_uploads_of", condition=models.Q(user__isnull=True)),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def complete(self) -> bool:
        """Whether all of it is here and in one."""
        return bool(self.path)

    def piece(self, number: int) -> str:
        """Where a piece of it is stored."""
        return f"chatinterface/{self.place.hex}/{self.uuid.hex}.{number}"
