"""System checks: what a site can forget, and what to type."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from channels.routing import ProtocolTypeRouter
from django.apps import AppConfig, apps
from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register
from django.core.exceptions import ImproperlyConfigured
from django.core.files.storage import FileSystemStorage
from django.core.handlers.asgi import ASGIHandler
from django.db import connections, router
from django.shortcuts import resolve_url
from django.urls import NoReverseMatch, get_script_prefix, is_valid_path, reverse
from django.utils.module_loading import import_string

from chatinterface import conf, registry
from chatinterface.interface import ChatInterface
from chatinterface.models import Conversation
from chatinterface.runs.handover import task_of
from chatinterface.storage import STORAGE_ALIAS, attachment_storage

APPS = ("django.contrib.auth", "django.contrib.sessions", "django.contrib.staticfiles", "django_htmx")
MIDDLEWARE = (
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
)
KEYLESS = "django.contrib.sessions.backends.signed_cookies"
IN_MEMORY = "chatinterface.layers.InMemoryChannelLayer"
REACH_ONE_PROCESS = (IN_MEMORY, "channels.layers.InMemoryChannelLayer")
LOCAL_CACHES = ("django.core.cache.backends.locmem.LocMemCache", "django.core.cache.backends.dummy.DummyCache")
SQLITE = "django.db.backends.sqlite3"

TASKS = (
    'pip install "django-chatinterface[tasks]", add "django_tasks_db" to INSTALLED_APPS, set TASKS = {}, and run '
    '"manage.py migrate", and "manage.py db_worker{}" beside the server.'
)

ASGI_LINES = (
    "django_application = get_asgi_application(), behind it import chatinterface.asgi, and "
    "application = chatinterface.asgi.application(django_application)."
)


@register("chatinterface")
def check_site(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """All that chatinterface needs of the site's settings."""
    return [
        *_settings(),
        *_chats(),
        *_apps(),
        *_middleware(),
        *_sessions(),
        *_asgi(),
        *_channel_layer(),
        *_workers(),
        *_database(),
        *_uploads(),
        *_cache(),
    ]


@register("chatinterface")
def check_urls(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """The one include, and the way to log in."""
    try:
        reverse("chatinterface:chat", args=["name"])
    except NoReverseMatch:
        hint = (
            'In the URLconf: from django.urls import include, path, and path("chat/", include("chatinterface.urls")).'
        )
        return [Warning("The addresses of the chats are not included.", hint=hint, id="chatinterface.W003")]
    return [*_login()]


def _silence(number: str) -> str:
    return f'SILENCED_SYSTEM_CHECKS = ["chatinterface.{number}"].'


def _settings() -> Iterator[CheckMessage]:
    try:
        conf.get()
    except ImproperlyConfigured as error:
        yield Error(str(error), id="chatinterface.E001")


def _chats() -> Iterator[CheckMessage]:
    if not registry.registered():
        yield Warning(
            "No chat is registered: write one in the chats.py of an app that is in INSTALLED_APPS.",
            hint='After "python manage.py startapp shop": add "shop" to INSTALLED_APPS, and write shop/chats.py.',
            id="chatinterface.W009",
        )


def _apps() -> Iterator[CheckMessage]:
    for name in APPS:
        if not apps.is_installed(name):
            hint = f'Add "{name}" to INSTALLED_APPS.'
            yield Error(f"chatinterface needs the app {name}.", hint=hint, id="chatinterface.E002")
    if not apps.is_installed("daphne"):
        yield Warning(
            "manage.py runserver speaks no websockets without Daphne.",
            hint='Add "daphne" at the top of INSTALLED_APPS, or serve the site by an ASGI server.',
            id="chatinterface.W001",
        )


def _middleware() -> Iterator[CheckMessage]:
    for name in MIDDLEWARE:
        if name not in settings.MIDDLEWARE:
            hint = f'Add "{name}" to MIDDLEWARE. If a subclass of it is there: {_silence("E003")}'
            yield Error(f"chatinterface needs {name.rpartition('.')[2]}.", hint=hint, id="chatinterface.E003")


def _sessions() -> Iterator[CheckMessage]:
    anonymous = any(not chat.login_required for chat in registry.registered().values())
    if settings.SESSION_ENGINE == KEYLESS and anonymous:
        yield Error(
            "Sessions that are kept in cookies have no key: what anonymous visitors say would belong to nobody.",
            hint=(
                'Set SESSION_ENGINE = "django.contrib.sessions.backends.db", or login_required = True in every chat.'
            ),
            id="chatinterface.E007",
        )


def _asgi() -> Iterator[CheckMessage]:
    path = getattr(settings, "ASGI_APPLICATION", None)
    if not path:
        yield Error(
            "ASGI_APPLICATION is not set: the replies cannot be streamed.",
            hint=f'Set ASGI_APPLICATION = "<project>.asgi.application", and in that module write: {ASGI_LINES}',
            id="chatinterface.E004",
        )
    elif not _is_being_imported(path.rpartition(".")[0]):
        yield from _asgi_application(path)


def _is_being_imported(module: str) -> bool:
    # An asgi.py may run management commands, and with them these checks.
    return bool(getattr(getattr(sys.modules.get(module), "__spec__", None), "_initializing", False))


def _asgi_application(path: str) -> Iterator[CheckMessage]:
    try:
        application = import_string(path)
    except Exception as error:
        yield Error(
            f"ASGI_APPLICATION = {path!r} cannot be imported: {type(error).__name__}: {error}",
            hint='Correct that module, or set ASGI_APPLICATION = "<project>.asgi.application".',
            id="chatinterface.E006",
        )
        return
    if isinstance(application, ProtocolTypeRouter):
        silent = "websocket" not in application.application_mapping
    else:
        # Of what a site has wrapped around it nothing is known.
        silent = isinstance(application, ASGIHandler)
    if silent:
        yield Warning(
            f"ASGI_APPLICATION = {path!r} serves no websockets: the replies cannot be streamed.",
            hint=f"In {path.rpartition('.')[0]} write: {ASGI_LINES}",
            id="chatinterface.W006",
        )


def _channel_layer() -> Iterator[CheckMessage]:
    layer = getattr(settings, "CHANNEL_LAYERS", {}).get("default")
    if not layer:
        yield Error(
            "CHANNEL_LAYERS has no default layer: the replies cannot reach the pages.",
            hint=f'For one process: CHANNEL_LAYERS = {{"default": {{"BACKEND": "{IN_MEMORY}"}}}}.',
            id="chatinterface.E005",
        )
    elif layer.get("BACKEND") in REACH_ONE_PROCESS and not settings.DEBUG:
        yield Warning(
            "The in-memory channel layer reaches the pages of one server process only.",
            hint=(
                'With several processes use "channels_redis.pubsub.RedisPubSubChannelLayer"; '
                f"with one: {_silence('W002')}"
            ),
            id="chatinterface.W002",
        )


def _workers() -> Iterator[CheckMessage]:
    worked = [chat for chat in registry.registered().values() if chat.uses_tasks]
    if not worked:
        return
    layer = getattr(settings, "CHANNEL_LAYERS", {}).get("default", {}).get("BACKEND")
    if layer in REACH_ONE_PROCESS:
        yield Error(
            f"The chat {worked[0].name!r} has executor='tasks', and the channel layer is in memory: what a worker "
            "process writes would reach no page.",
            hint='CHANNEL_LAYERS["default"]["BACKEND"] = "channels_redis.pubsub.RedisPubSubChannelLayer".',
            id="chatinterface.E008",
        )
    for chat in worked:
        if reason := _unworkable(chat):
            yield Error(
                f"The chat {chat.name!r} has executor='tasks', and {reason}", hint=_tasks(chat), id="chatinterface.E009"
            )


def _tasks(chat: ChatInterface) -> str:
    """What to write for the alias and the queue of a chat."""
    given = {"BACKEND": "django_tasks_db.DatabaseBackend"}
    if chat.task_queue == "default":
        return TASKS.format({chat.task_backend: given}, "")
    queues = {"QUEUES": ["default", chat.task_queue]}
    return TASKS.format({chat.task_backend: given | queues}, f" --queue-name {chat.task_queue}")


def _unworkable(chat: ChatInterface) -> str:
    """Why no worker would write the replies of a chat; "" where one may."""
    try:
        backend = task_of(chat, "answer").get_backend()
    except Exception as error:
        return f"its tasks cannot be enqueued: {type(error).__name__}: {error}"
    kind = type(backend).__name__
    called = f"TASKS[{chat.task_backend!r}] is {kind}"
    match kind:
        case "ImmediateBackend":
            return f"{called}: the request that sends a message would wait for the whole reply."
        case "DummyBackend":
            return f"{called}: nobody would ever answer."
        case "DatabaseBackend" if apps.get_containing_app_config(type(backend).__module__) is None:
            return f"{called}, whose app is not in INSTALLED_APPS."
    return ""


def _database() -> Iterator[CheckMessage]:
    alias = router.db_for_write(Conversation)
    database = connections[alias].settings_dict
    mode = database["OPTIONS"].get("transaction_mode") or ""
    if database["ENGINE"] == SQLITE and mode.upper() not in {"IMMEDIATE", "EXCLUSIVE"}:
        yield Warning(
            "SQLite refuses one of two writers instead of letting them queue: replies and messages could fail.",
            hint=(
                f'Set DATABASES["{alias}"]["OPTIONS"] = {{"transaction_mode": "IMMEDIATE", '
                '"init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;"}.'
            ),
            id="chatinterface.W005",
        )


def _uploads() -> Iterator[CheckMessage]:
    own = STORAGE_ALIAS in settings.STORAGES
    if not own and not any(chat.takes_files for chat in registry.registered().values()):
        return
    storage = attachment_storage()
    served = settings.MEDIA_ROOT and settings.MEDIA_URL not in {"", "/"}
    if not isinstance(storage, FileSystemStorage) or not served:
        return
    if Path(storage.location).is_relative_to(os.path.abspath(settings.MEDIA_ROOT)):
        beside = "" if own else ', beside the "default" and the "staticfiles" of STORAGES'
        yield Warning(
            "Uploads to chats are stored below MEDIA_ROOT: whoever serves MEDIA_URL serves them to everybody.",
            hint=(
                f'Set STORAGES["{STORAGE_ALIAS}"] = {{"BACKEND": "django.core.files.storage.FileSystemStorage", '
                f'"OPTIONS": {{"location": "<a directory outside of MEDIA_ROOT>"}}}}{beside}: they are for their owner '
                "alone."
            ),
            id="chatinterface.W004",
        )


def _cache() -> Iterator[CheckMessage]:
    limited = [name for name, chat in registry.registered().items() if chat.rate_limit]
    if limited and not settings.DEBUG and settings.CACHES["default"]["BACKEND"] in LOCAL_CACHES:
        yield Warning(
            f"The rate_limit of the chat {limited[0]!r} is counted by each server process for itself, or not at all.",
            hint=(
                'With several processes: CACHES["default"]["BACKEND"] = "django.core.cache.backends.redis.RedisCache"; '
                f"with one: {_silence('W008')}"
            ),
            id="chatinterface.W008",
        )


def _login() -> Iterator[CheckMessage]:
    closed = [name for name, chat in registry.registered().items() if chat.login_required or chat.permission_required]
    if closed and not _is_served(settings.LOGIN_URL):
        yield Warning(
            f"The chat {closed[0]!r} asks visitors to log in, and LOGIN_URL = {str(settings.LOGIN_URL)!r} is no page.",
            hint='Add path("accounts/", include("django.contrib.auth.urls")) to the urlpatterns, or set LOGIN_URL.',
            id="chatinterface.W007",
        )


def _is_served(address: Any) -> bool:
    try:
        parts = urlsplit(resolve_url(address))
    except NoReverseMatch:
        return False
    path = "/" + parts.path.removeprefix(get_script_prefix()).lstrip("/")
    return bool(parts.netloc or is_valid_path(path) or is_valid_path(f"{path}/"))
