"""The tables behind a visitor's list of conversations: what search looks at, and by what the list is found."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _


class Passage(models.Model):
    """What search looks at: the words of a message, or of a title where there is no message, each once.

    An index of the database stands beside it (see search.py): on SQLite by triggers of this table, which an operation
    that makes the table anew has to make anew too.
    """

    conversation = models.ForeignKey(
        "chatinterface.Conversation", verbose_name=_("conversation"), on_delete=models.CASCADE, related_name="passages"
    )
    message = models.OneToOneField(
        "chatinterface.Message",
        verbose_name=_("message"),
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="passage",
    )
    # Whose it is, and in which chat: a word that no text has.
    owner = models.CharField(_("owner"), max_length=40)
    # The owner's among them.
    terms = models.TextField(_("words"))

    class Meta:
        app_label = "chatinterface"
        verbose_name = _("passage")
        verbose_name_plural = _("passages")
        # What is in most of somebody's texts is found by walking them, the newest first; by an expression, as a
        # database that could do it by the primary key would walk through everybody's.
        indexes: ClassVar[list[Any]] = [models.Index("owner", F("id") * models.Value(-1), name="ci_passage_of")]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(
                "conversation", name="chatinterface_passage_of_title", condition=Q(message__isnull=True)
            ),
        ]

    def __str__(self) -> str:
        return str(self.pk)


def listed(name: str, owner: str, owned: Q) -> list[models.Index]:
    """The indexes of an owner's list: what is pinned, what is archived, and the rest."""
    recent = Q(pinned_at__isnull=True, archived_at__isnull=True)
    shelves = {
        "of": ("updated_at", recent),
        "pinned_of": ("pinned_at", Q(pinned_at__isnull=False, archived_at__isnull=True)),
        "archived_of": ("archived_at", Q(archived_at__isnull=False)),
    }
    return [
        models.Index(
            owner,
            "interface",
            F(field).desc(),
            F("id").desc(),
            name=f"ci_{shelf}_{name}",
            condition=owned & shelved & Q(deleted_at__isnull=True),
        )
        for shelf, (field, shelved) in shelves.items()
    ]
