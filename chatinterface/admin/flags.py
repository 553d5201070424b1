"""Flags in the admin: the queue, and what can be done with many of them at once."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

from django.contrib import admin, messages
from django.contrib.auth import get_user_model
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet, TextField
from django.db.models.fields.json import KT
from django.db.models.functions import Cast, Left
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.urls import URLPattern, path
from django.utils.decorators import method_decorator
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.timezone import localtime
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.clickjacking import xframe_options_sameorigin

from chatinterface import streaming
from chatinterface.admin import exchange, review, summary
from chatinterface.admin.evidence import ReadOnlyAdmin
from chatinterface.admin.filters import ChatFilter, DayFilter, FlaggerFilter, OptionFilter, title_of
from chatinterface.flags import exports, reviewing
from chatinterface.models import Flag

# Characters of what was said that the list shows.
EXCERPT = 120

# How flagged messages begin, read by the database: what was said may be long.
_EXCERPTS = Left(Cast(KT("snapshot__output__text"), TextField()), EXCERPT + 1)


@admin.register(Flag)
class FlagAdmin(ReadOnlyAdmin):
    """Who may review flags, may view them, too; to export them is a permission of its own."""

    list_display = ("subject", "state", "said", "chat", "flagger", "made")
    list_display_links = ("subject",)
    list_filter: ClassVar[Any] = ("status", ChatFilter, OptionFilter, "created_at", DayFilter, FlaggerFilter)
    list_select_related = ("user", "reviewer")
    list_per_page = 50
    search_help_text = _("Searches comments, notes, user names, ids of conversations, and all that was said.")
    show_full_result_count = False
    ordering = ("-status", "-created_at", "-id")
    actions = (
        "accept_selected",
        "dismiss_selected",
        "reopen_selected",
        "export_csv",
        "export_messages",
        "export_pairs",
    )

    class Media:
        css: ClassVar[Any] = {"all": ["chatinterface/admin/review.css"]}
        js: ClassVar[Any] = ["chatinterface/admin/review.js"]

    # Permissions

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_view_permission(request, obj) or self.has_review_permission(request)

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        return lookup == "message__conversation__id__exact" or super().lookup_allowed(lookup, value, request)

    def has_review_permission(self, request: HttpRequest) -> bool:
        """Whether the user may decide flags, and note something on them."""
        return request.user.has_perm("chatinterface.review_flag")

    def has_export_permission(self, request: HttpRequest) -> bool:
        """Whether the user may take flags out of the site."""
        return request.user.has_perm("chatinterface.export_flag") and self.has_view_permission(request)

    # The list

    def get_queryset(self, request: HttpRequest) -> QuerySet[Flag]:
        flags: QuerySet[Flag] = super().get_queryset(request)
        return flags.defer("snapshot").annotate(excerpt=_EXCERPTS)

    def get_search_fields(self, request: HttpRequest) -> tuple[str, ...]:
        name = get_user_model().USERNAME_FIELD
        return ("comment", "note", "snapshot", f"user__{name}", f"reviewer__{name}")

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        extra = {
            "may_export": self.has_export_permission(request),
            "filters": request.GET.urlencode(),
            "waiting": Flag.objects.filter(status=Flag.Status.OPEN).exists(),
        }
        return super().changelist_view(request, {**extra, **(extra_context or {})})

    @admin.display(description=_("flag"), ordering="option")
    def subject(self, flag: Flag) -> str:
        """The option, in the language of the reviewer."""
        return gettext(flag.option)

    @admin.display(description=_("chat"), ordering="interface")
    def chat(self, flag: Flag) -> str:
        """The title of the chat."""
        return title_of(flag.interface)

    @admin.display(description=_("what was said, and the comment"))
    def said(self, flag: Any) -> str:
        """How the flagged message begins, and below it the comment."""
        said = format_html('<span dir="auto">{}</span>', _cut(flag.excerpt or ""))
        if not flag.comment:
            return said
        return format_html('{}<span class="ci-remark" dir="auto">{}</span>', said, _cut(flag.comment))

    @admin.display(description=_("user"), ordering="user")
    def flagger(self, flag: Flag) -> Any:
        """Whose flag it is."""
        return flag.user or _("without a login")

    @admin.display(description=_("created"), ordering="created_at")
    def made(self, flag: Flag) -> str:
        """When it was made."""
        return date_format(localtime(flag.created_at), "SHORT_DATETIME_FORMAT")

    @admin.display(description=_("status"), ordering="status")
    def state(self, flag: Flag) -> str:
        """The status as a word with a mark, and who decided it."""
        state = format_html('<span class="ci-state" data-state="{}">{}</span>', flag.status, flag.get_status_display())
        return format_html('{}<span class="ci-remark">{}</span>', state, flag.reviewer) if flag.reviewer else state

    # Many at once

    @admin.action(description=_("Accept selected flags"), permissions=["review"])
    def accept_selected(self, request: HttpRequest, queryset: QuerySet[Flag]) -> None:
        """Accept all of them."""
        self._decide(request, queryset, Flag.Status.ACCEPTED)

    @admin.action(description=_("Dismiss selected flags"), permissions=["review"])
    def dismiss_selected(self, request: HttpRequest, queryset: QuerySet[Flag]) -> None:
        """Dismiss all of them."""
        self._decide(request, queryset, Flag.Status.DISMISSED)

    @admin.action(description=_("Open selected flags again"), permissions=["review"])
    def reopen_selected(self, request: HttpRequest, queryset: QuerySet[Flag]) -> None:
        """Put all of them back into the queue."""
        self._decide(request, queryset, Flag.Status.OPEN)

    @admin.action(description=_("Export selected flags as CSV"), permissions=["export"])
    def export_csv(self, request: HttpRequest, queryset: QuerySet[Flag]) -> HttpResponseBase:
        """A file for a spreadsheet."""
        return exported(request, queryset, "csv")

    @admin.action(description=_("Export selected flags as JSONL of messages"), permissions=["export"])
    def export_messages(self, request: HttpRequest, queryset: QuerySet[Flag]) -> HttpResponseBase:
        """A line of JSON for each exchange."""
        return exported(request, queryset, "messages")

    @admin.action(description=_("Export selected flags as JSONL of preference pairs"), permissions=["export"])
    def export_pairs(self, request: HttpRequest, queryset: QuerySet[Flag]) -> HttpResponseBase:
        """A line of JSON for each disliked reply with a version that was liked."""
        return exported(request, queryset, "pairs")

    def _decide(self, request: HttpRequest, queryset: QuerySet[Flag], status: str) -> None:
        count = reviewing.decide_all(queryset, request.user, status)
        text = ngettext("%d flag was changed.", "%d flags were changed.", count) % count
        self.message_user(request, text, messages.SUCCESS)

    # Pages of its own

    def get_urls(self) -> list[URLPattern]:
        own = [
            path("next/", self.admin_site.admin_view(self.next_view), name="chatinterface_flag_next"),
            path("summary/", self.admin_site.admin_view(self.summary_view), name="chatinterface_flag_summary"),
            path("export/<slug:kind>/", self.admin_site.admin_view(self.export_view), name="chatinterface_flag_export"),
            path(
                "<int:pk>/files/<slug:kind>/<uuid:uuid>/",
                self.admin_site.admin_view(self.file_view),
                name="chatinterface_flag_file",
            ),
        ]
        return own + super().get_urls()

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """The review of one flag."""
        return review.view(self, request, object_id)

    def next_view(self, request: HttpRequest) -> HttpResponse:
        """The way to the first flag that waits, of those that the list shows."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        return review.begin(self, request)

    def summary_view(self, request: HttpRequest) -> HttpResponse:
        """How many flags there are, by chat, option and day."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        return summary.view(self, request)

    @method_decorator(xframe_options_sameorigin)
    def file_view(self, request: HttpRequest, pk: int, kind: str, uuid: UUID) -> HttpResponseBase:
        """A file of what was said, as the review shows it."""
        return exchange.file(self, request, pk, uuid, kind)

    def export_view(self, request: HttpRequest, kind: str) -> HttpResponseBase:
        """All flags that the list shows, on all its pages, as a file."""
        if not self.has_export_permission(request):
            raise PermissionDenied
        if kind not in exports.FORMATS:
            raise Http404
        return exported(request, review.chosen(self, request, request.GET), kind)


def exported(request: HttpRequest, flags: QuerySet[Flag], kind: str) -> HttpResponseBase:
    """These flags as a file of that kind, made while it is sent."""
    export, content_type, name = exports.FORMATS[kind]
    return streaming.download(request, export(flags.defer(None)), content_type=content_type, name=name)


def _cut(text: str) -> str:
    line = " ".join(text.split())
    return line if len(text) <= EXCERPT else f"{line[: EXCERPT - 1]}…"
