"""By what flags can be chosen in their list."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.contrib.auth import get_user_model
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from chatinterface import registry
from chatinterface.models import Flag

if TYPE_CHECKING:
    from django.utils.functional import _StrOrPromise

ANONYMOUS = "anonymous"


class Occurring(admin.SimpleListFilter):
    """The values of a field that there are, by one query for all of these filters."""

    field = ""

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, _StrOrPromise]]:
        found = vars(request).setdefault("chatinterface_flags", [])
        if not found:
            found.extend(Flag.objects.order_by("interface", "option").values("interface", "option").distinct())
        return [(value, self.named(value)) for value in sorted({each[self.field] for each in found})]

    def named(self, value: str) -> _StrOrPromise:
        """How a value is shown."""
        return value

    def queryset(self, request: HttpRequest, queryset: QuerySet[Flag]) -> QuerySet[Flag]:
        return queryset.filter(**{self.field: self.value()}) if self.value() else queryset


class ChatFilter(Occurring):
    title = _("chat")
    parameter_name = "chat"
    field = "interface"

    def named(self, value: str) -> _StrOrPromise:
        return title_of(value)


class OptionFilter(Occurring):
    title = _("option")
    parameter_name = "option"
    field = "option"

    def named(self, value: str) -> str:
        return gettext(value)


class Typed(admin.SimpleListFilter):
    """By a value that is entered: there may be very many."""

    template = "admin/chatinterface/flag/typed_filter.html"
    kind = "text"
    label: _StrOrPromise = ""

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, _StrOrPromise]]:
        # What else is chosen, for the form to keep.
        self.others = [(key, value) for key, value in request.GET.items() if key not in {self.parameter_name, "p"}]
        return self.offered()

    def offered(self) -> list[tuple[str, _StrOrPromise]]:
        """What can be chosen without being entered."""
        return []

    def has_output(self) -> bool:
        return True


class DayFilter(Typed):
    title = _("day")
    label = _("Day")
    parameter_name = "day"
    kind = "date"

    def queryset(self, request: HttpRequest, queryset: QuerySet[Flag]) -> QuerySet[Flag]:
        try:
            day = parse_date(self.value() or "")
        except ValueError:
            day = None
        if day is None:
            return queryset
        begin = timezone.make_aware(datetime.combine(day, time.min))
        # The day after has a midnight of its own, where clocks are changed.
        end = timezone.make_aware(datetime.combine(day + timedelta(days=1), time.min))
        return queryset.filter(created_at__gte=begin, created_at__lt=end)


class FlaggerFilter(Typed):
    title = _("user")
    label = _("Name of the user")
    parameter_name = "user"

    def offered(self) -> list[tuple[str, _StrOrPromise]]:
        return [(ANONYMOUS, _("without a login"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Flag]) -> QuerySet[Flag]:
        name = self.value()
        if not name:
            return queryset
        if name == ANONYMOUS:
            return queryset.filter(user=None)
        return queryset.filter(**{f"user__{get_user_model().USERNAME_FIELD}": name})


def title_of(name: str) -> str:
    """The title of a chat; its name where the site has no such chat any more."""
    interface = registry.find(name)
    return str(interface.title) if interface else name
