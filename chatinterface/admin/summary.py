"""The summary of flags: how many there are by chat, option and day, as tables and as a chart."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, NamedTuple

from django.db.models import Count
from django.db.models.functions import TruncDate
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from chatinterface.admin.chart import Chart, chart
from chatinterface.admin.filters import title_of
from chatinterface.models import Flag

if TYPE_CHECKING:
    from chatinterface.admin.flags import FlagAdmin

# Days that the summary can look back on, by the name in the address.
RANGES = {"7": _("7 days"), "30": _("30 days"), "90": _("90 days"), "365": _("a year")}
USUAL = "30"

# Days from which a column of the chart stands for a week.
WEEKLY = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """The flags of one chat with one option."""

    chat: str
    option: str
    open: int
    accepted: int
    dismissed: int
    address: str

    @property
    def total(self) -> int:
        """All of them."""
        return self.open + self.accepted + self.dismissed


class Counted(NamedTuple):
    """So many flags of a chat, an option, a status and a day."""

    chat: str
    option: str
    status: str
    day: date
    number: int


def view(admin: FlagAdmin, request: HttpRequest) -> HttpResponse:
    """The page of the summary, for a time and a chat that the address names."""
    days = request.GET.get("days", USUAL)
    days = days if days in RANGES else USUAL
    names = list(Flag.objects.order_by("interface").values_list("interface", flat=True).distinct())
    name = request.GET.get("chat", "")
    name = name if name in names else ""
    first = timezone.localdate() - timedelta(days=int(days) - 1)
    counted = _counted(name, first)
    context = {
        **admin.admin_site.each_context(request),
        "opts": admin.opts,
        "original": gettext("Summary"),
        "title": gettext("Summary of flags"),
        "media": admin.media,
        "has_view_permission": True,
        "lines": _lines(counted),
        "chart": _chart(counted, first, weekly=int(days) > WEEKLY),
        "ranges": [(key, label, key == days) for key, label in RANGES.items()],
        "chats": [(each, title_of(each), each == name) for each in names],
        "chat": name,
        "days": days,
    }
    return TemplateResponse(request, "admin/chatinterface/flag/summary.html", context)


def _counted(name: str, first: date) -> list[Counted]:
    """How many flags there are of each chat, option, status and day, by one query."""
    begin = timezone.make_aware(datetime.combine(first, time.min))
    flags = Flag.objects.filter(created_at__gte=begin, **({"interface": name} if name else {}))
    days = flags.order_by().annotate(day=TruncDate("created_at")).values_list("interface", "option", "status", "day")
    return [Counted(*row) for row in days.annotate(number=Count("pk"))]


def _lines(counted: Iterable[Counted]) -> list[Line]:
    listing = reverse("admin:chatinterface_flag_changelist")
    totals: Counter[tuple[str, str, str]] = Counter()
    for each in counted:
        totals[each.chat, each.option, each.status] += each.number
    return [
        Line(
            chat=title_of(chat),
            option=gettext(option),
            address=f"{listing}?{urlencode({'chat': chat, 'option': option})}",
            **{status.value: totals[chat, option, status.value] for status in Flag.Status},
        )
        for chat, option in sorted({(chat, option) for chat, option, _status in totals})
    ]


def _chart(counted: Iterable[Counted], first: date, *, weekly: bool) -> Chart:
    step = timedelta(days=7 if weekly else 1)
    counts: Counter[tuple[str, date]] = Counter()
    for each in counted:
        counts[each.option, first + (each.day - first) // step * step] += each.number
    columns = []
    day = first
    while day <= timezone.localdate():
        columns.append(day)
        day += step
    return chart(columns, counts, weekly=weekly)
