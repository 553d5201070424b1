"""The review of one flag: what was said as its reader saw it, what to do with it, and the next one."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any, cast

from django import forms
from django.contrib import messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from chatinterface.admin import exchange
from chatinterface.admin.filters import title_of
from chatinterface.exceptions import DecidedMeanwhile
from chatinterface.flags import reviewing
from chatinterface.models import Flag

if TYPE_CHECKING:
    from chatinterface.admin.flags import FlagAdmin

# Where the admin keeps by what a list was chosen while one of it is looked at.
FILTERS = "_changelist_filters"

# Of a list's choices, those that say what part of it is shown, and not what belongs to it.
SHOWN = ("p", "o", "all", "_facets", "_popup")

DONE = {
    Flag.Status.OPEN: _("The flag is open again."),
    Flag.Status.ACCEPTED: _("The flag was accepted."),
    Flag.Status.DISMISSED: _("The flag was dismissed."),
}


class DecisionForm(forms.Form):
    """A decision: the new status, the one that the reviewer saw, and a note."""

    status = forms.ChoiceField(choices=Flag.Status.choices)
    was = forms.ChoiceField(choices=Flag.Status.choices)
    note = forms.CharField(required=False, max_length=5_000)


def view(admin: FlagAdmin, request: HttpRequest, object_id: str) -> HttpResponse:
    """The page of a flag, and what is posted there."""
    flags = Flag.objects.select_related("user", "reviewer", "message__conversation")
    try:
        flag = flags.get(pk=Flag._meta.pk.to_python(unquote(object_id)))
    except (Flag.DoesNotExist, forms.ValidationError, OverflowError):
        if not admin.has_view_permission(request):
            raise PermissionDenied from None
        messages.warning(request, gettext("There is no such flag any more."))
        return HttpResponseRedirect(reverse("admin:chatinterface_flag_changelist"))
    if not admin.has_view_permission(request, flag):
        raise PermissionDenied
    if request.method == "POST":
        return _decide(admin, request, flag)
    return TemplateResponse(request, "admin/chatinterface/flag/review.html", _context(admin, request, flag))


def begin(admin: FlagAdmin, request: HttpRequest) -> HttpResponse:
    """To the open flag to begin with, of those that the list shows; back to it where none of them is open."""
    waiting = _queue(admin, request, request.GET).filter(status=Flag.Status.OPEN)
    pk = waiting.order_by("-created_at", "-pk").values_list("pk", flat=True).first()
    if pk:
        return HttpResponseRedirect(_address(pk, request.GET.urlencode()))
    messages.info(request, gettext("None of these flags is waiting."))
    return HttpResponseRedirect(f"{reverse('admin:chatinterface_flag_changelist')}?{request.GET.urlencode()}")


def chosen(admin: FlagAdmin, request: HttpRequest, filters: QueryDict) -> QuerySet[Flag]:
    """The flags that a list with these choices has, on all its pages; all where the choices make no sense."""
    asked = copy.copy(request)
    kept = filters.copy()
    for name in SHOWN:
        kept.pop(name, None)
    asked.GET = cast("Any", kept)
    try:
        found: QuerySet[Flag] = admin.get_changelist_instance(asked).get_queryset(asked)
    except IncorrectLookupParameters:
        found = admin.get_queryset(request)
    return found


def _queue(admin: FlagAdmin, request: HttpRequest, filters: QueryDict) -> QuerySet[Flag]:
    """The flags of a list, whatever status it shows."""
    kept = QueryDict(mutable=True)
    for name, values in filters.lists():
        if not name.startswith("status"):
            kept.setlist(name, values)
    return chosen(admin, request, kept)


def _decide(admin: FlagAdmin, request: HttpRequest, flag: Flag) -> HttpResponse:
    if not admin.has_review_permission(request):
        raise PermissionDenied
    here = _address(flag.pk, request.GET.get(FILTERS, ""))
    form = DecisionForm(request.POST)
    if not form.is_valid():
        messages.error(request, gettext("That was not saved: a note may have 5,000 characters at most."))
        return HttpResponseRedirect(here)
    status, was = form.cleaned_data["status"], form.cleaned_data["was"]
    try:
        decided = reviewing.decide(flag.pk, request.user, status, form.cleaned_data["note"], was=was)
    except (DecidedMeanwhile, Flag.DoesNotExist):
        messages.warning(request, str(DecidedMeanwhile()))
        return HttpResponseRedirect(here)
    if status == was:
        messages.success(request, gettext("The note was saved."))
        return HttpResponseRedirect(here)
    admin.log_change(request, decided, [{"changed": {"fields": [str(decided.get_status_display())]}}])
    messages.success(request, str(DONE[Flag.Status(status)]))
    following = None if status == Flag.Status.OPEN else _following(admin, request, flag)
    if following is None and status != Flag.Status.OPEN:
        messages.info(request, gettext("No other flag is waiting."))
    return HttpResponseRedirect(following or here)


def _following(admin: FlagAdmin, request: HttpRequest, flag: Flag) -> str | None:
    filters = request.GET.get(FILTERS, "")
    pk = reviewing.next_open(_queue(admin, request, QueryDict(filters)), flag)
    return _address(pk, filters) if pk else None


def _address(pk: int, filters: str) -> str:
    address = reverse("admin:chatinterface_flag_change", args=[pk])
    query = QueryDict(mutable=True)
    if filters:
        query[FILTERS] = filters
    return f"{address}?{query.urlencode()}" if filters else address


def _context(admin: FlagAdmin, request: HttpRequest, flag: Flag) -> dict[str, Any]:
    filters = request.GET.get(FILTERS, "")
    message = flag.message
    reads = request.user.has_perm("chatinterface.view_message")
    around = reviewing.surroundings(flag) if reads else None
    return {
        **admin.admin_site.each_context(request),
        "opts": admin.opts,
        "original": flag,
        "object_id": flag.pk,
        "change": True,
        "title": gettext("%(option)s in %(chat)s") % {"option": gettext(flag.option), "chat": title_of(flag.interface)},
        "flag": flag,
        "chat": title_of(flag.interface),
        "media": admin.media,
        "has_view_permission": True,
        "has_delete_permission": admin.has_delete_permission(request, flag),
        "may_review": admin.has_review_permission(request),
        "around": around,
        "exchange": exchange.seen(flag),
        "before": exchange.before(flag, around),
        "after": exchange.after(flag, around),
        "reads": reads,
        "reads_conversation": message is not None and request.user.has_perm("chatinterface.view_conversation"),
        "following": _following(admin, request, flag),
        "waiting": _queue(admin, request, QueryDict(filters)).filter(status=Flag.Status.OPEN).count(),
        "list_address": reverse("admin:chatinterface_flag_changelist") + (f"?{filters}" if filters else ""),
        "preserved_filters": admin.get_preserved_filters(request),
    }
