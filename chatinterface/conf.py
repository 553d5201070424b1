"""The site-wide settings: ``CHATINTERFACE = {...}`` in the settings, merged over the defaults below."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from functools import cache
from typing import Any, NoReturn

from django.conf import settings as django_settings
from django.core.exceptions import ImproperlyConfigured
from django.core.signals import setting_changed

# Browsers acknowledge every 16,384 characters, and are sent patches again when a quarter of the window is left to be
# acknowledged: this is twice what that takes.
LEAST_WINDOW = 128 * 1024

# What is on, off, or decided by the rest of the site's settings.
SWITCHES = {"send_by_socket"}

# A busy worker may miss a checkpoint, by which it renews its lease.
CHECKPOINTS_PER_LEASE = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What holds for all chats of a site. What belongs to one chat is an attribute of its ChatInterface."""

    # Threads in which synchronous callbacks run, in each server process.
    callback_threads: int = 40
    # Threads in which the pages and actions of chats are handled, in each server process.
    request_threads: int = 8
    # Threads for the database work of sockets and runs, in each server process.
    database_threads: int = 4
    # Replies of one chat that are written at once in each server process; None for any number. See concurrency_limit.
    concurrency_limit: int | None = None
    # Seconds after which a run that no longer renews its claim counts as interrupted.
    lease: float = 10.0
    # Seconds between two checkpoints of a running reply.
    checkpoint: float = 1.0
    # Seconds that running replies may go on for when the server is asked to end, before they are interrupted.
    shutdown: float = 5.0
    # Seconds that a reply of a chat with executor="tasks" waits for a worker before it counts as interrupted.
    task_wait: float = 600.0
    # Characters sent to a browser and not yet acknowledged, beyond which patches wait for it.
    window: int = 256 * 1024
    # Seconds that a browser may leave a full window unacknowledged before its socket is closed.
    slow_client: float = 30.0
    # Seconds between two checks that an open socket may still read its conversation.
    access_check: float = 30.0
    # Bytes of files that a visitor may have attached and not sent, in all chats together.
    unsent_files: int = 5_000_000_000
    # Whether plain text is sent by the page's open socket, which is quicker than a request, and by a request only where
    # that fails. No middleware sees what is sent so: None is for sites that have none but Django's, or such as have
    # nothing to do with who may send.
    send_by_socket: bool | None = None

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if value is None and field.default is None:
                continue
            if field.name in SWITCHES:
                if not isinstance(value, bool):
                    _refuse(field.name, value, "True, False, or None")
                continue
            whole = field.default is None or isinstance(field.default, int)
            if not _is_number(value, whole=whole) or value <= 0:
                _refuse(field.name, value, "a positive whole number" if whole else "a positive number of seconds")
        if self.lease < CHECKPOINTS_PER_LEASE * self.checkpoint:
            least = CHECKPOINTS_PER_LEASE * self.checkpoint
            _refuse("lease", self.lease, f"at least {least:g}, three times CHECKPOINT, by which it is renewed")
        if self.window < LEAST_WINDOW:
            _refuse(
                "window", self.window, f"at least {LEAST_WINDOW}: browsers acknowledge what they got in large steps"
            )


def _is_number(value: object, *, whole: bool) -> bool:
    if isinstance(value, bool):
        return False
    return isinstance(value, int) or (not whole and isinstance(value, float) and math.isfinite(value))


def _refuse(name: str, value: object, needed: str) -> NoReturn:
    raise ImproperlyConfigured(f'CHATINTERFACE["{name.upper()}"] = {value!r} must be {needed}.')


@cache
def get() -> Settings:
    """The settings in force. Raises ImproperlyConfigured for a key that does not exist, or a value that cannot work."""
    given: dict[str, Any] = getattr(django_settings, "CHATINTERFACE", {})
    if not isinstance(given, dict):
        raise ImproperlyConfigured('CHATINTERFACE must be a dict, like {"LEASE": 10}.')
    known = {field.name.upper() for field in fields(Settings)}
    if unknown := sorted(set(given) - known):
        raise ImproperlyConfigured(
            f"CHATINTERFACE has the unknown key {unknown[0]!r}. The keys are: {', '.join(sorted(known))}."
        )
    return Settings(**{key.lower(): value for key, value in given.items()})


def _reset(*, setting: str, **kwargs: object) -> None:
    if setting == "CHATINTERFACE":
        get.cache_clear()


setting_changed.connect(_reset)
