"""What a run asks its reader, and is answered."""

from __future__ import annotations

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class Prompt(models.Model):
    """A question that a run asks its reader: what was answered waits here for the run to take."""

    class Status(models.TextChoices):
        OPEN = "open", _("open")  # Waits for an answer.
        ANSWERED = "answered", _("answered")  # Waits for the run to look at it.
        TAKEN = "taken", _("taken")  # The run has it, and asks again where it will not do.
        CLOSED = "closed", _("closed")  # Was not answered in time.

    run = models.ForeignKey(
        "chatinterface.Run", verbose_name=_("run"), on_delete=models.CASCADE, related_name="prompts"
    )
    key = models.UUIDField(_("key"), unique=True, editable=False)
    status = models.CharField(_("status"), max_length=20, choices=Status, default=Status.OPEN)
    # What was posted, until the run takes it.
    answer = models.JSONField(_("answer"), null=True, blank=True)
    asked_at = models.DateTimeField(_("asked"), default=timezone.now, editable=False)
    answered_at = models.DateTimeField(_("answered"), null=True, blank=True)

    class Meta:
        verbose_name = _("question")
        verbose_name_plural = _("questions")

    def __str__(self) -> str:
        return f"{self.pk}: {self.get_status_display()}"
