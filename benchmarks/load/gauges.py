"""What a server holds at the moment, by its own count: of which nothing may grow with the visitors that have gone."""

import asyncio
import ctypes
import gc
import threading
import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil
from channels.layers import get_channel_layer
from django.conf import settings
from django.http import HttpRequest, JsonResponse


@dataclass(frozen=True, slots=True, kw_only=True)
class Gauges:
    """What a server holds."""

    # Seconds of processor time that it has used so far.
    processor: float
    # Bytes of memory that are its own, without what the allocator keeps to be used again.
    memory: int
    # What its garbage collector knows of.
    objects: int
    tasks: int
    threads: int
    # Connections to its database.
    connections: int
    # Channels of the channel layer that somebody has joined a group with, and those that somebody receives from.
    joined: int
    channels: int

    def since(self, before: "Gauges") -> dict[str, float]:
        """By how much each is more than it was."""
        earlier = asdict(before)
        return {name: value - earlier[name] for name, value in asdict(self).items()}


async def gauges(request: HttpRequest) -> JsonResponse:
    """The gauges as JSON. It is asynchronous so that it runs where the tasks are."""
    layer = get_channel_layer()
    # A layer throws away what nobody has fetched when it is used the next time.
    await layer.group_send("gauges", {"type": "nothing"})
    gc.collect()
    _give_back()
    held = Gauges(
        processor=time.process_time(),
        memory=psutil.Process().memory_full_info().uss,
        objects=len(gc.get_objects()),
        tasks=len(asyncio.all_tasks()),
        threads=threading.active_count(),
        connections=_connections(),
        joined=sum(map(len, layer.groups.values())),
        channels=len(layer.channels),
    )
    return JsonResponse(asdict(held))


def _give_back() -> None:
    # How much of what is free it gives back by itself depends on what lies behind it.
    with suppress(AttributeError):  # Another C library than GNU's.
        ctypes.CDLL(None).malloc_trim(0)


def _connections() -> int:
    database = str(Path(settings.DATABASES["default"]["NAME"]).resolve())
    return sum(each.path == database for each in psutil.Process().open_files())
