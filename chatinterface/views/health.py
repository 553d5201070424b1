"""Whether this process can serve a site's chats, for whoever sends it requests."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from asgiref.sync import async_to_sync
from django.db import DatabaseError, InterfaceError, connections, router
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from chatinterface import events
from chatinterface.models import Conversation
from chatinterface.runs.ending import running


@never_cache
@require_safe
def health(request: HttpRequest) -> JsonResponse:
    """200 where the database and the channel layer answer and the process stays, else 503; says which, and no more.

    With ``?only=process``, or the name of another part, nothing else is asked.
    """
    only = request.GET.getlist("only") or list(PARTS)
    if unknown := set(only).difference(PARTS):
        return JsonResponse({"error": f"only={min(unknown)} is none of {', '.join(PARTS)}"}, status=400)
    parts = {name: PARTS[name]() for name in only}
    healthy = all(parts.values())
    said = {name: "ok" if well else "failing" for name, well in {"status": healthy, **parts}.items()}
    return JsonResponse(said, status=200 if healthy else 503)


def _database() -> bool:
    try:
        with connections[router.db_for_write(Conversation)].cursor() as cursor:
            cursor.execute("SELECT 1")
    except (DatabaseError, InterfaceError):
        return False
    return True


def _channel_layer() -> bool:
    return async_to_sync(events.answers)()


def _process() -> bool:
    return not running.ending


PARTS: Mapping[str, Callable[[], bool]] = {
    "database": _database,
    "channel_layer": _channel_layer,
    "process": _process,
}
