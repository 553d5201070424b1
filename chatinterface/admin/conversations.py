"""Conversations and messages in the admin: to be searched and read, not to be changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django.contrib import admin
from django.contrib.auth import get_user_model
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.forms import models as forms
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from chatinterface.admin.evidence import ReadOnlyAdmin
from chatinterface.models import Conversation, Flag, Message

if TYPE_CHECKING:
    BaseInlineFormSet = forms.BaseInlineFormSet[Any, Any, Any]
    TabularInline = admin.TabularInline[Any, Any]
else:
    BaseInlineFormSet = forms.BaseInlineFormSet
    TabularInline = admin.TabularInline

# Messages on the page of their conversation; a link leads to all of them.
SHOWN = 50


class Newest(BaseInlineFormSet):
    """The last messages of a conversation, oldest first."""

    def get_queryset(self) -> Any:
        # Forms ask for it again and again, which must not cost a query each time.
        if not hasattr(self, "newest"):
            self.newest = list(super().get_queryset().order_by("-pk")[:SHOWN])[::-1]
        return self.newest


class MessageInline(TabularInline):
    """What was said, on the page of its conversation. Shown to who may view messages."""

    model = Message
    formset = Newest
    fields = readonly_fields = ("role", "user_name", "content", "status", "active", "created_at")
    show_change_link = True
    verbose_name_plural = _("last messages")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.display(description=_("text"))
    def content(self, message: Message) -> str:
        """What was said, as it was written."""
        return message.text


@admin.register(Conversation)
class ConversationAdmin(ReadOnlyAdmin):
    inlines: ClassVar[Any] = [MessageInline]
    list_display = ("__str__", "interface", "user", "created_at", "updated_at")
    list_filter = ("interface", "created_at")
    list_select_related = ("user",)
    search_help_text = _("Searches titles, ids, user names, and all that was said.")
    show_full_result_count = False
    ordering = ("-updated_at", "-id")
    date_hierarchy = "created_at"
    fields: ClassVar[Any] = [
        "uuid",
        "interface",
        "user",
        "title",
        "language",
        "created_at",
        "updated_at",
        "all_messages",
        "flags",
    ]

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        return _shown(request, super().get_fields(request, obj))

    def get_search_fields(self, request: HttpRequest) -> tuple[str, ...]:
        said = ("messages__parts",) if request.user.has_perm("chatinterface.view_message") else ()
        return ("title", "uuid", f"user__{get_user_model().USERNAME_FIELD}", *said)

    @admin.display(description=_("messages"))
    def all_messages(self, conversation: Conversation) -> SafeString:
        """The way to what was said."""
        address = reverse("admin:chatinterface_message_changelist")
        return format_html('<a href="{}?conversation__id__exact={}">{}</a>', address, conversation.pk, _("Read them"))

    @admin.display(description=_("flags"))
    def flags(self, conversation: Conversation) -> SafeString:
        """The way to what was thought of it."""
        address = reverse("admin:chatinterface_flag_changelist")
        count = Flag.objects.filter(message__conversation=conversation).count()
        link = '<a href="{}?message__conversation__id__exact={}">{}</a>'
        return format_html(link, address, conversation.pk, count) if count else format_html("{}", "–")


@admin.register(Message)
class MessageAdmin(ReadOnlyAdmin):
    # A message goes with its conversation: alone it would take along all that was answered.
    actions = None
    list_display = ("id", "conversation", "role", "excerpt", "status", "active", "created_at")
    list_filter = ("role", "status", "conversation__interface", "created_at")
    search_help_text = _("Searches what was said, titles, and ids of conversations and errors.")
    search_fields = ("parts", "conversation__title", "conversation__uuid", "run__error_id")
    show_full_result_count = False
    ordering = ("-id",)
    fields: ClassVar[Any] = [
        "conversation",
        "role",
        "user_name",
        "status",
        "active",
        "content",
        "error",
        "flags",
        "created_at",
        "updated_at",
    ]

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        return _shown(request, super().get_fields(request, obj))

    def get_queryset(self, request: HttpRequest) -> QuerySet[Message]:
        return super().get_queryset(request).select_related("conversation", "run")

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), "show_delete": False})

    def delete_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        # Its permission is given all the same: without it no conversation and no user could be deleted.
        raise PermissionDenied

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        return lookup == "conversation__id__exact" or super().lookup_allowed(lookup, value, request)

    @admin.display(description=_("text"))
    def excerpt(self, message: Message) -> str:
        """The beginning of what was said."""
        text = " ".join(message.text.split())
        return text if len(text) <= 100 else f"{text[:99]}…"

    @admin.display(description=_("text"))
    def content(self, message: Message) -> str:
        """What was said, as it was written."""
        return message.text

    @admin.display(description=_("error"))
    def error(self, message: Message) -> str:
        """What the callback raised."""
        return f"{message.run.error_id}\n{message.run.error}" if message.run and message.run.error_id else ""

    @admin.display(description=_("flags"))
    def flags(self, message: Message) -> SafeString:
        """What was thought of it."""
        found = message.flags.order_by("pk").values_list("pk", "option")[:SHOWN]
        links = ((reverse("admin:chatinterface_flag_change", args=[pk]), gettext(option)) for pk, option in found)
        return format_html_join(", ", '<a href="{}">{}</a>', links) or format_html("{}", "–")


def _shown(request: HttpRequest, fields: Any) -> list[Any]:
    """The fields of a page; flags are for those who may look at them."""
    may = any(request.user.has_perm(f"chatinterface.{codename}") for codename in ("view_flag", "review_flag"))
    return [field for field in fields if may or field != "flags"]
