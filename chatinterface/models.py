"""What is kept: conversations, their messages, the runs that answered, files, and flags."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any, ClassVar

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from chatinterface.asked import Prompt as Prompt
from chatinterface.content.parts import text_of
from chatinterface.leases import Leased
from chatinterface.passages import Passage as Passage
from chatinterface.passages import listed
from chatinterface.pending import Upload as Upload
from chatinterface.shared_link import SharedLink
from chatinterface.storage import attachment_storage as attachment_storage


class TextEncoder(DjangoJSONEncoder):
    """JSON with letters as they are and not as escapes, so that SQLite finds what is searched for in any language."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{**options, "ensure_ascii": False})


def attachment_path(attachment: Attachment, filename: str) -> str:
    """Where an upload is stored: under a name of our own, never the visitor's."""
    return f"chatinterface/{attachment.conversation.uuid.hex}/{uuid.uuid4().hex}"


def _owned(name: str) -> models.CheckConstraint:
    return models.CheckConstraint(
        name=name,
        condition=Q(user__isnull=False, session_key="") | (Q(user__isnull=True) & ~Q(session_key="")),
        violation_error_message=_("It belongs to a user or to a session, and not to both."),
    )


class Conversation(Leased, models.Model):
    """What one visitor said to one chat, and what was answered: a tree of messages, of which one path is shown."""

    uuid = models.UUIDField(_("public id"), unique=True, default=uuid.uuid4, editable=False)
    interface = models.CharField(_("chat"), max_length=100)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("user"),
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="chat_conversations",
    )
    session_key = models.CharField(_("session"), max_length=40, blank=True)
    title = models.CharField(_("title"), max_length=200, blank=True)
    language = models.CharField(_("language"), max_length=20, blank=True)
    leaf = models.ForeignKey(
        "Message",
        verbose_name=_("last message"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    # Counts the changes of the log, so that a page can tell whether it has seen all of them.
    revision = models.PositiveIntegerField(_("revision"), default=0)
    state = models.JSONField(_("state"), default=dict, blank=True)
    pinned_at = models.DateTimeField(_("pinned"), null=True, blank=True)
    archived_at = models.DateTimeField(_("archived"), null=True, blank=True)
    # Deleted by its visitor, who may still undo it: for everybody it is not there, until it is purged.
    deleted_at = models.DateTimeField(_("deleted"), null=True, blank=True)
    # Whether a reply has ended that its visitor has not looked at.
    unread = models.BooleanField(_("unread"), default=False)
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)
    updated_at = models.DateTimeField(_("last change"), default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("conversation")
        verbose_name_plural = _("conversations")
        constraints: ClassVar[list[Any]] = [_owned("chatinterface_conversation_has_one_owner")]
        indexes: ClassVar[list[Any]] = [
            *listed("user", "user", Q(user__isnull=False)),
            *listed("session", "session_key", Q(user__isnull=True)),
            models.Index("deleted_at", name="chatinterface_deleted", condition=Q(deleted_at__isnull=False)),
            models.Index(F("updated_at").desc(), F("id").desc(), name="chatinterface_latest"),
        ]

    def __str__(self) -> str:
        return self.title or str(self.uuid)

    # The link by which it is read, where it is read by one.
    link: SharedLink | None = None

    # Whether anything has followed its leaf, which is not shown any more; as of history.find(), None if not read.
    leaf_continued: bool | None = None


class Run(models.Model):
    """One execution of a callback, for one reply: what happened, and how long it took."""

    class Trigger(models.TextChoices):
        SEND = "send", _("message sent")
        RETRY = "retry", _("tried again")
        RERUN = "rerun", _("run again")
        EDIT = "edit", _("edited")
        EXAMPLE = "example", _("example")
        BUTTON = "button", _("button")
        API = "api", _("API")
        SITE = "site", _("the site itself")

    class Status(models.TextChoices):
        QUEUED = "queued", _("queued")  # Waits for its turn, with its worker; without one, for a worker.
        RUNNING = "running", _("running")  # Claimed by a worker whose lease is not over.
        DONE = "done", _("done")  # The callback returned.
        STOPPED = "stopped", _("stopped")  # Stopped by its reader.
        FAILED = "failed", _("failed")  # The callback raised.
        INTERRUPTED = "interrupted", _("interrupted")  # Its worker went away.

    ACTIVE = (Status.QUEUED, Status.RUNNING)

    # Whether it has asked its reader anything: known where it runs, and not stored.
    asks = False

    conversation = models.ForeignKey(
        Conversation, verbose_name=_("conversation"), on_delete=models.CASCADE, related_name="runs"
    )
    trigger = models.CharField(_("trigger"), max_length=20, choices=Trigger, default=Trigger.SEND)
    status = models.CharField(_("status"), max_length=20, choices=Status, default=Status.QUEUED)
    executor = models.CharField(_("executor"), max_length=20, default="asgi")
    worker = models.CharField(_("worker"), max_length=200, blank=True)
    lease_until = models.DateTimeField(_("lease until"), null=True, blank=True)
    queued_at = models.DateTimeField(_("queued"), default=timezone.now)
    started_at = models.DateTimeField(_("started"), null=True, blank=True)
    first_output_at = models.DateTimeField(_("first output"), null=True, blank=True)
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)
    error_id = models.CharField(_("error id"), max_length=20, blank=True, db_index=True)
    error = models.TextField(_("error"), blank=True)

    class Meta:
        verbose_name = _("run")
        verbose_name_plural = _("runs")
        indexes: ClassVar[list[Any]] = [
            models.Index(
                *("conversation", "lease_until"),
                name="chatinterface_run_active",
                condition=Q(status__in=["queued", "running"]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.pk}: {self.get_status_display()}"


class Message(models.Model):
    """A node of a conversation's tree.

    Children are always made after their parents, so the shown path is in order of pk.
    """

    class Role(models.TextChoices):
        USER = "user", _("user")
        ASSISTANT = "assistant", _("assistant")
        SYSTEM = "system", _("system")

    class Status(models.TextChoices):
        QUEUED = "queued", _("queued")  # A reply whose run waits for its turn.
        RUNNING = "running", _("running")  # A reply that is waited for or being written.
        DONE = "done", _("done")
        STOPPED = "stopped", _("stopped")
        FAILED = "failed", _("failed")
        INTERRUPTED = "interrupted", _("interrupted")

    # Of replies that are not complete.
    OPEN = (Status.QUEUED, Status.RUNNING)

    conversation = models.ForeignKey(
        Conversation, verbose_name=_("conversation"), on_delete=models.CASCADE, related_name="messages"
    )
    parent = models.ForeignKey(
        "self", verbose_name=_("parent"), null=True, blank=True, on_delete=models.CASCADE, related_name="children"
    )
    active = models.BooleanField(_("shown"), default=True)
    # Where the shown path ended when it left this message and all behind it: there it ends again when it comes back.
    last_leaf = models.ForeignKey(
        "self",
        verbose_name=_("last shown until"),
        null=True,
        blank=True,
        editable=False,
        on_delete=models.SET_NULL,
        related_name="+",
        db_index=False,
    )
    role = models.CharField(_("role"), max_length=20, choices=Role)
    user_name = models.CharField(_("name"), max_length=200, blank=True)
    avatar = models.CharField(_("avatar"), max_length=500, blank=True)
    # What was said: a list of parts, {"type": "text", "text": …} among them.
    parts = models.JSONField(_("parts"), default=list, encoder=TextEncoder)
    # What is known about it: its error, its title, status and duration where it is a step.
    metadata = models.JSONField(_("metadata"), default=dict, blank=True, encoder=TextEncoder)
    # The parts as sanitised HTML, made once when the message is complete; empty while it is being written.
    html = models.TextField(_("HTML"), blank=True, editable=False)
    status = models.CharField(_("status"), max_length=20, choices=Status, default=Status.DONE)
    run = models.ForeignKey(
        Run, verbose_name=_("run"), null=True, blank=True, on_delete=models.SET_NULL, related_name="messages"
    )
    # Made by the browser for each message, so that a repeated request adds nothing.
    key = models.UUIDField(_("idempotency key"), null=True, blank=True, editable=False)
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)
    updated_at = models.DateTimeField(_("last change"), auto_now=True)

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(
                "conversation", "key", name="chatinterface_message_once", condition=Q(key__isnull=False)
            ),
        ]
        indexes: ClassVar[list[Any]] = [
            models.Index("conversation", F("id").desc(), name="chatinterface_shown_path", condition=Q(active=True)),
            models.Index("conversation", name="chatinterface_first", condition=Q(parent__isnull=True)),
            # For the deletion of what it leads to.
            models.Index("last_leaf", name="chatinterface_last_leaf", condition=Q(last_leaf__isnull=False)),
        ]

    if TYPE_CHECKING:
        # The flag of the conversation's owner, once it was looked for: see flagging.own_flag().
        own_flag: Flag | None

    # The ids of all versions of it, oldest first, where it was counted: see tree.number().
    versions: list[int] | None = None

    def __str__(self) -> str:
        return f"{self.get_role_display()} {self.pk}"

    @property
    def running(self) -> bool:
        """Whether a reply is waited for, or being written."""
        return self.status in self.OPEN

    @property
    def text(self) -> str:
        """What was said as Markdown, with what stands for the parts that are no text."""
        return text_of(self.parts)


class Attachment(models.Model):
    """A file of a conversation: uploaded by its visitor, or made by a callback."""

    uuid = models.UUIDField(_("public id"), unique=True, default=uuid.uuid4, editable=False)
    conversation = models.ForeignKey(
        Conversation, verbose_name=_("conversation"), on_delete=models.CASCADE, related_name="attachments"
    )
    # Empty until the message is sent.
    message = models.ForeignKey(
        Message, verbose_name=_("message"), null=True, blank=True, on_delete=models.CASCADE, related_name="attachments"
    )
    file = models.FileField(_("file"), storage=attachment_storage, upload_to=attachment_path, max_length=200)
    name = models.CharField(_("name"), max_length=255)
    content_type = models.CharField(_("content type"), max_length=255)
    size = models.PositiveBigIntegerField(_("size in bytes"))
    sha256 = models.CharField("SHA-256", max_length=64, blank=True)
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("attachment")
        verbose_name_plural = _("attachments")
        indexes: ClassVar[list[Any]] = [
            models.Index("created_at", name="chatinterface_orphans", condition=Q(message__isnull=True)),
        ]

    def __str__(self) -> str:
        return self.name


class Flag(models.Model):
    """What a reader thinks of a message, for staff to review.

    The snapshot keeps what was seen, whatever becomes of it.
    """

    class Status(models.TextChoices):
        OPEN = "open", _("open")
        ACCEPTED = "accepted", _("accepted")
        DISMISSED = "dismissed", _("dismissed")

    # Empty where the message was deleted and its snapshot kept.
    message = models.ForeignKey(
        Message, verbose_name=_("message"), null=True, blank=True, on_delete=models.SET_NULL, related_name="flags"
    )
    interface = models.CharField(_("chat"), max_length=100)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("user"),
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="chat_flags",
    )
    session_key = models.CharField(_("session"), max_length=40, blank=True)
    option = models.CharField(_("option"), max_length=100)
    # The id of the message that was answered, by which the versions of a reply are told when they are gone, too.
    question = models.PositiveBigIntegerField(_("question"), null=True, blank=True)
    comment = models.TextField(_("comment"), blank=True)
    snapshot = models.JSONField(_("snapshot"), default=dict, encoder=TextEncoder)
    status = models.CharField(_("status"), max_length=20, choices=Status, default=Status.OPEN)
    reviewer = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("reviewer"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="chat_reviews",
    )
    reviewed_at = models.DateTimeField(_("reviewed"), null=True, blank=True)
    note = models.TextField(_("note"), blank=True)
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)
    updated_at = models.DateTimeField(_("last change"), auto_now=True)

    class Meta:
        verbose_name = _("flag")
        verbose_name_plural = _("flags")
        permissions: ClassVar[list[Any]] = [
            ("review_flag", _("Can review flags")),
            ("export_flag", _("Can export flags")),
        ]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(
                "message", "user", name="chatinterface_flag_once_per_user", condition=Q(user__isnull=False)
            ),
            models.UniqueConstraint(
                "message", "session_key", name="chatinterface_flag_once_per_session", condition=Q(user__isnull=True)
            ),
            _owned("chatinterface_flag_has_one_owner"),
        ]
        indexes: ClassVar[list[Any]] = [
            # As the queue is sorted: what is open comes first by the alphabet, too.
            models.Index(F("status").desc(), F("created_at").desc(), F("id").desc(), name="chatinterface_flag_queue"),
            models.Index("question", "option", name="chatinterface_flag_pairs", condition=Q(question__isnull=False)),
            models.Index("created_at", name="chatinterface_flag_orphans", condition=Q(message__isnull=True)),
            models.Index("interface", "option", "created_at", name="chatinterface_flag_counts"),
        ]

    def __str__(self) -> str:
        return f"{self.option} {self.pk}"
