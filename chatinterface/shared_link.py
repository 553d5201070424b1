"""The links by which conversations are shown to others."""

from __future__ import annotations

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class SharedLink(models.Model):
    """What its owner shows of a conversation to whoever has the link: what was shown when it was made."""

    token = models.CharField(_("token"), max_length=64, unique=True, editable=False)
    conversation = models.ForeignKey(
        "chatinterface.Conversation", verbose_name=_("conversation"), on_delete=models.CASCADE, related_name="links"
    )
    leaf = models.ForeignKey(
        "chatinterface.Message", verbose_name=_("last message"), on_delete=models.CASCADE, related_name="+"
    )
    shows_files = models.BooleanField(_("shows files"), default=False)
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True)

    class Meta:
        verbose_name = _("shared link")
        verbose_name_plural = _("shared links")

    def __str__(self) -> str:
        return f"{self.pk}: {self.conversation}"
